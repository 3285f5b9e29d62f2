"""The routes of production orders and their work orders."""

from django.urls import path

from factoryos.dialects.erp import order_views as orders
from factoryos.dialects.erp import work_order_views as work_orders

_ORDERS = "api/manufacturing/orders"
_ORDER = f"{_ORDERS}/<order_id>"
_WORK_ORDERS = f"{_ORDER}/work-orders"

urlpatterns = [
    path(_ORDERS, orders.Orders.as_view()),
    path(_ORDER, orders.Order.as_view()),
    path(f"{_ORDER}/confirm", orders.Confirm.as_view()),
    path(f"{_ORDER}/produce", orders.Produce.as_view()),
    path(f"{_ORDER}/close", orders.Close.as_view()),
    path(f"{_ORDER}/cancel", orders.Cancel.as_view()),
    path(f"{_ORDER}/productions", orders.Productions.as_view()),
    path(_WORK_ORDERS, work_orders.WorkOrders.as_view()),
    path(f"{_WORK_ORDERS}/<work_order_id>/start", work_orders.Start.as_view()),
    path(f"{_WORK_ORDERS}/<work_order_id>/done", work_orders.Done.as_view()),
]
