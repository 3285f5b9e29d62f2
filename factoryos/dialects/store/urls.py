"""The routes of the store API, in the order in which they are tried: no order hides behind the word `state`."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from factoryos.dialects.store import article_views as articles
from factoryos.dialects.store import customer_order_views as customer_orders
from factoryos.dialects.store import list_views as lists
from factoryos.dialects.store import material_views as material
from factoryos.dialects.store import order_views as orders
from factoryos.dialects.store import picking_views as picking
from factoryos.dialects.store import sign_in_views as sign_in
from factoryos.dialects.store.nowhere import Nowhere


class Rest(StringConverter):
    """The rest of a path, slashes and all. Django's own stops at a line feed, and what matches nothing asks nobody who
    they are."""

    regex = "(?s:.+)"


register_converter(Rest, "store_rest")

_ORDERS = "v1/production_orders"
_ORDER = f"{_ORDERS}/<order_id>"

urlpatterns = [
    path(_ORDERS, orders.Orders.as_view()),
    path(f"{_ORDERS}/pr_ref/next_id", lists.NextReference.as_view()),
    path(f"{_ORDERS}/production_orders_state", lists.BetweenStates.as_view()),
    path(f"{_ORDERS}/state/<state>", lists.InState.as_view()),
    path(f"{_ORDERS}/article/<store_rest:article_id>", lists.WithArticle.as_view()),
    path(f"{_ORDERS}/customer_order/<customer_order_id>", orders.OfCustomerOrder.as_view()),
    path(_ORDER, orders.Order.as_view()),
    path(f"{_ORDER}/pickinglist/print", picking.PickingList.as_view()),
    path(f"{_ORDER}/batch", material.Batches.as_view()),
    path(f"{_ORDER}/products/flat", material.FlatProducts.as_view()),
    path(f"{_ORDER}/article", articles.Articles.as_view()),
    path(f"{_ORDER}/article/<store_rest:article_id>", articles.Article.as_view()),
    path(f"{_ORDER}/cancel", orders.Cancel.as_view()),
    path(f"{_ORDER}/finish", orders.Finish.as_view()),
    path("v1/customer_orders", customer_orders.CustomerOrders.as_view()),
    path("v1/customer_orders/external/<store_rest:external_id>", customer_orders.ByExternalId.as_view()),
    path("v1/customer_orders/<customer_order_id>", customer_orders.CustomerOrder.as_view()),
    path("v1/login", sign_in.Login.as_view()),
    path("v1/mobile/login", sign_in.Login.as_view()),
    path("v1/logout", sign_in.Logout.as_view()),
    path("v1", Nowhere.as_view()),
    path("v1/<store_rest:place>", Nowhere.as_view()),
]
