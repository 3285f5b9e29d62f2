"""How well a machine was used."""

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse, json_answer
from factoryos.dialects.factory import naming
from factoryos.dialects.factory import oee_responses as show
from factoryos.dialects.factory.auth import FactoryView
from factoryos.dialects.factory.oee_requests import OeeQuery, period_of
from iot.oee import oee


class MachineOee(FactoryView):
    def get(self, request: HttpRequest, code_or_id: str) -> FaceResponse:
        machine = naming.machine(code_or_id, by=self.actor)
        begin, end = period_of(self.query(OeeQuery), by=self.actor)
        figures = oee(machine, zone=self.actor.factory.zone, begin=begin, end=end)
        return self.read(json_answer(show.oee(figures, machine_code=machine.code, begin=begin, end=end)))
