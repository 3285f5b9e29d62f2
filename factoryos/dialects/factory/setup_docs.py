"""The calls that set a factory up, as the published description tells them: one row a route and method."""

from factoryos.dialects.base.operations import Operation, Reply
from factoryos.dialects.base.paging import PagedQuery
from factoryos.dialects.factory import setup_requests as take
from factoryos.dialects.factory.examples import named

_FACTORY = "/api/factories/{slug}"
_TAG = "Setting a factory up"
_SET_UP = ("set_up",)
_LOCATION = ("Location",)

_PLACES: dict[str, Operation] = {
    "GET /api/factories": Operation(
        id="listFactories",
        tag=_TAG,
        summary="List your own factories",
        who="everybody who is signed in",
        query=PagedQuery,
        reply=Reply(text="A page, by slug.", schema="Factories"),
    ),
    f"GET {_FACTORY}": Operation(
        id="getFactory",
        tag=_TAG,
        summary="Read a factory, and your roles in it",
        reply=Reply(text="The factory.", schema="Factory"),
    ),
    f"GET {_FACTORY}/work-areas": Operation(
        id="listWorkAreas",
        tag=_TAG,
        summary="List work areas, newest first",
        query=PagedQuery,
        reply=Reply(text="A page.", schema="WorkAreas"),
    ),
    f"POST {_FACTORY}/work-areas": Operation(
        id="createWorkArea",
        tag=_TAG,
        summary="Add a work area",
        verbs=_SET_UP,
        takes=take.NewWorkArea,
        refuses=("duplicate",),
        examples=named("Press hall", {"code": "PRESS-HALL", "name": "Press hall"}),
        reply=Reply(status=201, text="The work area.", schema="WorkArea"),
    ),
    f"GET {_FACTORY}/pause-reasons": Operation(
        id="listPauseReasons",
        tag=_TAG,
        summary="List the reasons for a pause",
        query=PagedQuery,
        reply=Reply(text="A page.", schema="PauseReasons"),
    ),
}

_MACHINES: dict[str, Operation] = {
    f"GET {_FACTORY}/machines": Operation(
        id="listMachines",
        tag=_TAG,
        summary="List machines, newest first",
        query=PagedQuery,
        reply=Reply(text="A page.", schema="Machines"),
    ),
    f"POST {_FACTORY}/machines": Operation(
        id="createMachine",
        tag=_TAG,
        summary="Add a machine",
        verbs=_SET_UP,
        takes=take.NewMachine,
        refuses=("duplicate",),
        examples=named("A press", {"code": "PRESS-03", "name": "Cap press 3", "idealCycleSeconds": 1.2}),
        reply=Reply(text="The machine.", schema="Machine", status=201, headers=_LOCATION),
    ),
    f"POST {_FACTORY}/machines/bulk": Operation(
        id="createMachines",
        tag=_TAG,
        summary="Add up to 500 machines",
        text="Good rows are kept, bad ones are told. No row good: 400 with `details.failed`.",
        verbs=_SET_UP,
        takes=take.NewMachines,
        examples=named(
            "Two presses", {"machines": [{"code": "PRESS-03", "name": "3"}, {"code": "PRESS-04", "name": "4"}]}
        ),
        reply=Reply(status=201, text="What was kept, and what was not.", schema="CreatedMachines"),
    ),
    f"GET {_FACTORY}/machines/{{code_or_id}}": Operation(
        id="getMachine", tag=_TAG, summary="Read a machine", reply=Reply(text="The machine.", schema="Machine")
    ),
    f"PATCH {_FACTORY}/machines/{{code_or_id}}": Operation(
        id="changeMachine",
        tag=_TAG,
        summary="Change a machine",
        verbs=_SET_UP,
        takes=take.MachineChanges,
        refuses=("duplicate",),
        examples=named("Retired", {"active": False}),
        reply=Reply(text="The machine.", schema="Machine"),
    ),
}

_PRODUCTS: dict[str, Operation] = {
    f"GET {_FACTORY}/products": Operation(
        id="listProducts",
        tag=_TAG,
        summary="List products, newest first",
        query=PagedQuery,
        reply=Reply(text="A page.", schema="Products"),
    ),
    f"POST {_FACTORY}/products": Operation(
        id="createProduct",
        tag=_TAG,
        summary="Add a product",
        verbs=_SET_UP,
        takes=take.NewProduct,
        refuses=("duplicate",),
        examples=named("A cap", {"sku": "CAP-28", "name": "Bottle Cap 28mm", "tracking": "lot"}),
        reply=Reply(text="The product.", schema="Product", status=201, headers=_LOCATION),
    ),
    f"GET {_FACTORY}/products/{{product_id}}": Operation(
        id="getProduct", tag=_TAG, summary="Read a product", reply=Reply(text="The product.", schema="Product")
    ),
    f"PATCH {_FACTORY}/products/{{product_id}}": Operation(
        id="changeProduct",
        tag=_TAG,
        summary="Change a product",
        verbs=_SET_UP,
        takes=take.ProductChanges,
        refuses=("duplicate",),
        examples=named("Another name", {"name": "Bottle cap 28 mm"}),
        reply=Reply(text="The product.", schema="Product"),
    ),
    f"GET {_FACTORY}/methods": Operation(
        id="listMethods",
        tag=_TAG,
        summary="List methods, newest first",
        query=PagedQuery,
        reply=Reply(text="A page.", schema="Methods"),
    ),
    f"POST {_FACTORY}/methods": Operation(
        id="createMethod",
        tag=_TAG,
        summary="Add a method",
        text="An operation names a `workAreaId` or a `machineId`, or says its `workcenter` in words.",
        verbs=_SET_UP,
        takes=take.NewMethod,
        refuses=("duplicate",),
        examples=named(
            "Press and inspect",
            {
                "code": "CAP-STD",
                "name": "Press and inspect",
                "productId": "CAP-28",
                "operations": [
                    {"name": "Press", "workAreaId": "PRESS-HALL", "durationMinutes": 20},
                    {"name": "Inspect", "workcenter": "Inspection", "durationMinutes": 5},
                ],
            },
        ),
        reply=Reply(text="The method.", schema="Method", status=201, headers=_LOCATION),
    ),
    f"GET {_FACTORY}/methods/{{method_id}}": Operation(
        id="getMethod", tag=_TAG, summary="Read a method", reply=Reply(text="The method.", schema="Method")
    ),
}

SETUP_OPERATIONS = _PLACES | _MACHINES | _PRODUCTS
