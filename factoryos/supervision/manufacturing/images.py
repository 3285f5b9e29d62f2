"""The pictures of items, to look up which items have one. They are put up and taken down on the item's own page."""

from django.contrib.admin import display, register

from factoryos.supervision.listing import link_to
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import factory_filter
from manufacturing.models import Item, ItemImage


@register(ItemImage, site=site)
class ItemImageAdmin(ReadOnlyAdmin):
    tenant_path = "item__factory"
    list_display = ("of_item", "media_type", "width", "height", "updated_at")
    list_display_links = ("media_type",)
    list_filter = (factory_filter("item__factory"),)
    list_select_related = ("item",)
    search_fields = ("item__sku__startswith",)
    search_help_text = "Beginning of an item's SKU"
    exclude = ("content",)

    @display(description="item", ordering="item__sku")
    def of_item(self, image: ItemImage) -> str:
        return link_to(Item, image.item_id, image.item)
