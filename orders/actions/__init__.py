"""The verbs: one file, one public function each. Five paragraphs, always in this order: lock, ask, do, move, announce.

A verb opens no transaction and calls no other verb; factoryos.kernel.transactions.run opens the one durable transaction.
`lifecycle.move` is both move and announce: state, event and outbox message are one statement, so none goes without.
"""

from orders.actions.add_line import add_line
from orders.actions.add_note import add_note
from orders.actions.adjust_quantity import adjust_quantity
from orders.actions.amend import amend
from orders.actions.amend_line import amend_line
from orders.actions.approve import approve
from orders.actions.approve_best_effort import approve_best_effort
from orders.actions.begin_work import begin_work
from orders.actions.cancel import cancel
from orders.actions.change_layer import change_layer
from orders.actions.close import close
from orders.actions.complete import complete
from orders.actions.create import create
from orders.actions.edit_note import edit_note
from orders.actions.finish_work import finish_work
from orders.actions.hold import hold
from orders.actions.pause import pause
from orders.actions.release_hold import release_hold
from orders.actions.remove_line import remove_line
from orders.actions.report import report
from orders.actions.resume import resume
from orders.actions.rework import rework
from orders.actions.schedule import schedule
from orders.actions.start import start
from orders.actions.submit import submit
from orders.actions.verify import verify

__all__ = [
    "add_line",
    "add_note",
    "adjust_quantity",
    "amend",
    "amend_line",
    "approve",
    "approve_best_effort",
    "begin_work",
    "cancel",
    "change_layer",
    "close",
    "complete",
    "create",
    "edit_note",
    "finish_work",
    "hold",
    "pause",
    "release_hold",
    "remove_line",
    "report",
    "resume",
    "rework",
    "schedule",
    "start",
    "submit",
    "verify",
]
