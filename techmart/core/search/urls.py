"""The address of the search."""

from django.urls import path

from techmart.core.search.views import search

urlpatterns = [path("search/", search, name="search")]
