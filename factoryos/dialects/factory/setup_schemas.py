"""What the factory API answers about what a factory has set up, as schema components."""

from factoryos.dialects.base.operations import Json, ref
from factoryos.dialects.factory.schemas import (
    COUNT,
    FLAG,
    ID,
    NUMBER,
    TEXT,
    TIME,
    an_object,
    list_of,
    one_of,
    or_null,
    page_of,
)
from factoryos.kernel.permissions import ROLES

SETUP_SCHEMAS: dict[str, Json] = {
    "Factory": an_object(
        slug=TEXT,
        name=TEXT,
        timeZone={**TEXT, "description": "IANA name, such as `Asia/Kuala_Lumpur`."},
        requiresVerification={**FLAG, "description": "Whether an order must be verified before it is closed."},
        materialPolicy=TEXT,
        roles={**list_of(one_of(*ROLES)), "description": "Yours, in this factory."},
    ),
    "Factories": page_of("Factory"),
    "Product": an_object(
        id=ID,
        sku=TEXT,
        name=TEXT,
        unit=TEXT,
        unitDecimals={**COUNT, "maximum": 6, "description": "How many decimals an amount of it may have."},
        tracking=one_of("none", "lot", "serial"),
        createdAt=TIME,
        updatedAt=TIME,
    ),
    "Products": page_of("Product"),
    "WorkArea": an_object(id=ID, code=TEXT, name=TEXT, createdAt=TIME),
    "WorkAreas": page_of("WorkArea"),
    "Machine": an_object(
        id=ID,
        code=TEXT,
        name=TEXT,
        workAreaId=or_null(ID),
        idealCycleSeconds={**or_null(NUMBER), "description": "Seconds a piece at best."},
        active={**FLAG, "description": "A retired machine takes no new orders."},
        state=one_of("running", "idle", "down", "no_data"),
        activeOrder={**or_null(an_object(id=ID, reference=TEXT)), "description": "The order that runs on it."},
        createdAt=TIME,
        updatedAt=TIME,
    ),
    "Machines": page_of("Machine"),
    "CreatedMachines": an_object(
        created=list_of(ref("Machine")),
        failed=list_of(an_object(index=COUNT, code=or_null(TEXT), errors=list_of(TEXT))),
        meta=an_object(total=COUNT, created=COUNT, failed=COUNT),
    ),
    "Method": an_object(
        id=ID,
        code=TEXT,
        name=TEXT,
        productId=ID,
        default={**FLAG, "description": "Whether orders of the product take it without being told."},
        operations=list_of(
            an_object(
                sequence=COUNT,
                name=TEXT,
                workcenter=or_null(TEXT),
                workAreaId=or_null(ID),
                machineId=or_null(ID),
                durationMinutes=NUMBER,
            )
        ),
        createdAt=TIME,
    ),
    "Methods": page_of("Method"),
    "PauseReason": an_object(code=TEXT, label=TEXT),
    "PauseReasons": page_of("PauseReason"),
}
