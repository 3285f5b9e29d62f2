"""Items: what they are, from whom they are bought, and their picture."""

from typing import Any

from django import forms
from django.contrib.admin import display, register
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from factoryos.kernel.actors import Actor
from factoryos.supervision.fields import LineField, PriceField
from factoryos.supervision.listing import amount, link_to, link_to_list
from factoryos.supervision.masters import MasterForm
from factoryos.supervision.sheets.pages import SheetPages
from factoryos.supervision.sheets.tables import ItemSheet
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter
from manufacturing.catalogue.images import MOST_BYTES, keep_image, remove_image
from manufacturing.catalogue.items import change_item, create_item
from manufacturing.models import Item, ItemImage, Supplier

BOUGHT = ("stocked", "supplier", "supplier_sku", "purchase_price", "purchase_price_misc", "purchase_price_shipment")


class ItemForm(MasterForm):
    known_by, ignoring_case = "sku", False
    sku = LineField(max_length=255, strip=False, help_text="Kept to the letter, blanks at its ends included.")
    name = LineField(max_length=255)
    unit = LineField(max_length=40, initial="pcs")
    unit_decimals = forms.IntegerField(
        min_value=0, max_value=6, initial=0, help_text="How many decimals an amount of it may have."
    )
    supplier_sku = LineField(max_length=255, required=False, empty_value=None, help_text="What the supplier calls it.")
    purchase_price = PriceField(help_text="For one unit, in the factory's currency. Blank: not known.")
    purchase_price_misc = PriceField(help_text="What else one unit costs, such as duty.")
    purchase_price_shipment = PriceField(help_text="What bringing one unit here costs.")
    picture = forms.FileField(required=False, help_text="PNG, JPEG or WebP, up to 5 MB. A small copy of it is kept.")
    no_picture = forms.BooleanField(required=False, label="Take the picture down")

    def clean_picture(self) -> Any:
        file = self.cleaned_data["picture"]
        if file and file.size > MOST_BYTES:
            raise ValidationError("The picture has more than 5 MB.", code="too_large")
        return file

    class Meta:
        model = Item
        fields = ("factory", "sku", "name", "unit", "unit_decimals", "tracking", *BOUGHT, "stub")
        labels = {"stub": "Made by itself, still to be described"}
        help_texts = {"stub": "A planning system named it before anybody here did. Untick it once the rest is right."}


@register(Item, site=site)
class ItemAdmin(SheetPages):
    form = ItemForm
    sheet = ItemSheet
    may_delete = True
    list_display = (
        "sku", "name", "factory", "unit", "unit_decimals", "tracking", "of_supplier", amount("purchase_price"), "stub",
        "created_at", "updated_at",
    )  # fmt: skip
    list_filter = (FactoryFilter, "tracking", "stocked", "stub")
    list_select_related = ("factory", "supplier")
    autocomplete_fields = ("supplier",)
    search_fields = ("sku__startswith", "name__icontains")
    search_help_text = "Beginning of an SKU, or part of a name"
    date_hierarchy = "created_at"
    readonly_fields = ("uuid", "created_at", "updated_at", "orders", "pictured")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is new has no picture that could be taken down, and what somebody has described is no stub any more."""
        left_out = {"no_picture"} if obj is None else set()
        if obj is None or not obj.stub:
            left_out.add("stub")
        return [name for name in super().get_fields(request, obj) if name not in left_out]

    @display(description="supplier", ordering="supplier__name")
    def of_supplier(self, item: Item) -> str:
        return link_to(Supplier, item.supplier_id, item.supplier)

    @display(description="orders")
    def orders(self, item: Item) -> str:
        from orders.models import ProductionOrder

        return link_to_list(ProductionOrder, f"item__id__exact={item.pk}", "Orders of this item") if item.pk else "–"

    @display(description="picture now")
    def pictured(self, item: Item) -> str:
        image = ItemImage.objects.filter(item=item.pk).first() if item.pk else None
        return link_to(ItemImage, image.pk, image) if image else "–"

    def create_thing(self, *, by: Actor, values: dict[str, Any]) -> Item:
        file, _ = values.pop("picture"), values.pop("no_picture")
        item = create_item(by=by, **values)
        if file:
            keep_image(item, by=by, content=file.read())
        return item

    def change_thing(self, thing: Any, *, by: Actor, changes: dict[str, Any]) -> None:
        file, taken_down = changes.pop("picture", None), changes.pop("no_picture", False)
        if changes:
            change_item(thing, by=by, changes=changes)
        if file:
            keep_image(thing, by=by, content=file.read())
        elif taken_down:
            remove_image(thing, by=by)
