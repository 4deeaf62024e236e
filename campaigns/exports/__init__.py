"""Exports: calls, leads and contacts as files, row by row, each with what proves that it is whole.

``wanted`` says what is asked for, ``columns`` what there is, ``reading`` gives the rows, ``text``, ``workbooks`` and
``parquet`` write them, and ``running`` puts these together for REST, the admin, commands and jobs alike.
"""
