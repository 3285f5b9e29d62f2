"""Every address of the product, and the bare views that it is compared with."""

from django.urls import path

from factoryos.urls import urlpatterns as of_the_product
from tests.bench import bare, bare_stock

urlpatterns = [
    *of_the_product,
    path("bare/list", bare.listed),
    path("bare/orders", bare.orders),
    path("bare/orders/<uuid:order>/start", bare.start),
    path("bare/orders/<uuid:order>/log", bare.log),
    path("bare/orders/<uuid:order>/complete", bare.complete),
    path("bare/orders/<uuid:order>/confirm", bare_stock.confirm),
    path("bare/orders/<uuid:order>/produce", bare_stock.produce),
]
