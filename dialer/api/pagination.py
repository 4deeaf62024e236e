"""One way of paging for every list: by id, newest first, steady while rows are added."""

from rest_framework.pagination import CursorPagination


class ById(CursorPagination):
    """Pages of 100, up to 1,000 with ``page_size``; ``next`` is a whole URL."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering = "-id"
