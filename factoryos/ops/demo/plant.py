"""The demo's master data: what the two factories make, where, on which machines and by which methods."""

from decimal import Decimal

from factoryos.kernel.models import Factory
from manufacturing.models import Item, Machine, Method, Operation, WorkArea

# Factory: sku → name and what differs from pieces that nobody tracks.
ITEMS: dict[str, dict[str, dict[str, object]]] = {
    "penang-plant": {
        "CAP-28": {"name": "Bottle Cap 28mm", "tracking": Item.Tracking.LOT},
        "CAP-28/BLUE": {"name": "Bottle Cap 28mm, blue", "tracking": Item.Tracking.LOT},
        "CAP-28/SEAL": {"name": "Bottle Cap 28mm, with foil seal", "tracking": Item.Tracking.LOT},
        "CAP-38": {"name": "Dairy Cap 38mm", "tracking": Item.Tracking.LOT},
        "SHELL-28": {"name": "Cap shell 28mm"},
        "SHELL-28/BLUE": {"name": "Cap shell 28mm, blue"},
        "SHELL-38": {"name": "Cap shell 38mm"},
        "LINER-28": {"name": "Cap liner 28mm", "tracking": Item.Tracking.LOT},
        "LINER-38": {"name": "Cap liner 38mm", "tracking": Item.Tracking.LOT},
        "SEAL-28": {"name": "Induction foil seal 28mm", "tracking": Item.Tracking.LOT},
        "RESIN-PP": {"name": "Polypropylene resin", "unit": "kg", "unit_decimals": 3, "tracking": Item.Tracking.LOT},
        "MB-BLUE": {"name": "Masterbatch, blue 5015", "unit": "kg", "unit_decimals": 3, "tracking": Item.Tracking.LOT},
        "PACK-KIT": {"name": "Packing for 1000 caps"},
        "CARTON-1000": {"name": "Carton for 1000 caps"},
        "BAG-INNER": {"name": "Inner bag, LDPE"},
        "LABEL-CARTON": {"name": "Carton label"},
        "CRATE-EURO": {"name": "Returnable crate, 600 x 400"},
    },
    "garment-studio": {
        "TEE-CLASSIC": {"name": "Classic tee, unisex"},
    },
}
WORK_AREAS = {
    "penang-plant": {"PRESS-HALL": "Press hall", "CNC-CELL": "CNC cell", "QA-LAB": "Inspection", "PACKING": "Packing"},
    "garment-studio": {"PRINT-ROOM": "Print room"},
}
# Factory: code → name, work area, seconds a piece at best.
MACHINES: dict[str, dict[str, tuple[str, str, str]]] = {
    "penang-plant": {
        "PRESS-01": ("Cap press 1", "PRESS-HALL", "0.8"),
        "PRESS-02": ("Cap press 2", "PRESS-HALL", "0.8"),
        "CNC-001": ("CNC mill 1", "CNC-CELL", "45"),
        "CNC-002": ("CNC mill 2", "CNC-CELL", "45"),
    },
    "garment-studio": {"DTG-01": ("Direct-to-garment printer 1", "PRINT-ROOM", "180")},
}
# Factory: code → name, sku, operations (name, work area, minutes). Each is its item's default method.
METHODS: dict[str, dict[str, tuple[str, str, list[tuple[str, str, str]]]]] = {
    "penang-plant": {
        "CAP-STD": ("Press and inspect", "CAP-28", [("Press", "PRESS-HALL", "20"), ("Inspect", "QA-LAB", "5")]),
        "SHELL-STD": ("Press", "SHELL-28", [("Press", "PRESS-HALL", "15")]),
    },
    "garment-studio": {
        "TEE-DTG": ("Pretreat, print, cure", "TEE-CLASSIC",
                    [("Pretreat", "PRINT-ROOM", "2"), ("Print", "PRINT-ROOM", "3"), ("Cure", "PRINT-ROOM", "4")]),
    },
}  # fmt: skip


def load_plant(factory: Factory) -> None:
    """Items, work areas, machines and methods of one factory; what is there already is left as it is."""
    items = {
        sku: Item.objects.get_or_create(factory=factory, sku=sku, defaults=facts)[0]
        for sku, facts in ITEMS[factory.slug].items()
    }
    areas = {
        code: WorkArea.objects.get_or_create(factory=factory, code=code, defaults={"name": name})[0]
        for code, name in WORK_AREAS[factory.slug].items()
    }
    for code, (name, area, cycle) in MACHINES[factory.slug].items():
        facts = {"name": name, "work_area": areas[area], "ideal_cycle_s": Decimal(cycle)}
        Machine.objects.get_or_create(factory=factory, code=code, defaults=facts)
    for code, (name, sku, operations) in METHODS[factory.slug].items():
        method, made = Method.objects.get_or_create(
            factory=factory, code=code, defaults={"name": name, "item": items[sku], "default": True}
        )
        if made:
            Operation.objects.bulk_create(
                Operation(
                    method=method, sequence=number, name=operation, workcenter=areas[area].name, work_area=areas[area],
                    duration_minutes=Decimal(minutes),
                )
                for number, (operation, area, minutes) in enumerate(operations, 1)
            )  # fmt: skip
