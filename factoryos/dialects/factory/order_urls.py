"""The routes of production orders."""

from django.urls import path

from factoryos.dialects.factory import order_views as views

_ORDERS = "api/factories/<slug>/production-orders"
_ORDER = f"{_ORDERS}/<order_id>"

urlpatterns = [
    path(_ORDERS, views.Orders.as_view()),
    path(_ORDER, views.Order.as_view()),
    path(f"{_ORDER}/schedule", views.Schedule.as_view()),
    path(f"{_ORDER}/transition", views.Transition.as_view()),
    path(f"{_ORDER}/log-quantity", views.LogQuantity.as_view()),
    path(f"{_ORDER}/verify", views.Verify.as_view()),
    path(f"{_ORDER}/rework", views.Rework.as_view()),
    path(f"{_ORDER}/adjust-quantity", views.AdjustQuantity.as_view()),
    path(f"{_ORDER}/adjust-quantity/preview", views.AdjustQuantityPreview.as_view()),
    path(f"{_ORDER}/transitions", views.Transitions.as_view()),
    path(f"{_ORDER}/quantity-entries", views.QuantityEntries.as_view()),
    path(f"{_ORDER}/record", views.Record.as_view()),
]
