"""The calls on bills of materials, as the published description tells them: one row a route and method."""

from factoryos.dialects.base.operations import Operation, Reply
from factoryos.dialects.erp import bom_requests as take
from factoryos.dialects.erp import examples as shown
from factoryos.dialects.erp.examples import named

_BOMS = "/api/manufacturing/boms"
_BOM = f"{_BOMS}/{{bom_id}}"
_TAG = "Bills of materials"
_COMPOSE = ("compose",)
_ETAG = ("ETag",)

BOM_OPERATIONS: dict[str, Operation] = {
    f"GET {_BOMS}": Operation(
        id="listBoms",
        tag=_TAG,
        summary="List BOMs",
        text="`search` looks into the BOM's name and the product's name and sku.",
        query=take.BomQuery,
        reply=Reply(text="A page.", schema="Boms", examples=named("One BOM", shown.page(shown.BOM))),
    ),
    f"POST {_BOMS}": Operation(
        id="createBom",
        tag=_TAG,
        summary="Create a BOM",
        text="A `phantom` is a kit: it is not ordered, and as a component it stands for its own components. The operations of a "
        "`subcontract` are for information: they make no work orders. Only a `subcontract` may have no components.",
        verbs=_COMPOSE,
        takes=take.NewBom,
        examples=named("A widget", shown.NEW_BOM),
        reply=Reply(
            text="The BOM.",
            schema="Bom",
            status=201,
            headers=(*_ETAG, "Location"),
            examples=named("A widget's BOM", shown.BOM),
        ),
    ),
    f"GET {_BOM}": Operation(
        id="getBom",
        tag=_TAG,
        summary="Read a BOM, as it is or as it was in an older version",
        query=take.BomVersionQuery,
        reply=Reply(text="The BOM.", schema="Bom", headers=_ETAG, examples=named("A widget's BOM", shown.BOM)),
    ),
    f"PATCH {_BOM}": Operation(
        id="changeBom",
        tag=_TAG,
        summary="Change a BOM",
        text="A list replaces the whole list; what is not sent stays. What says nothing new makes no version. Orders keep the "
        "version that they were made with.",
        verbs=_COMPOSE,
        takes=take.BomChanges,
        versioned=True,
        examples=named("Another line", shown.BOM_CHANGES),
        reply=Reply(text="The BOM.", schema="Bom", headers=_ETAG),
    ),
    f"DELETE {_BOM}": Operation(
        id="deleteBom",
        tag=_TAG,
        summary="Retire a BOM",
        text="It is gone from lists and takes no new orders; orders that were made with it still name it.",
        verbs=_COMPOSE,
        refuses=("bom_in_use",),
        versioned=True,
        reply=Reply(text="It is gone.", status=204),
    ),
}
