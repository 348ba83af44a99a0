"""Sales, products and counted stock from other systems' files.

`mapping` says how a file is to be read, `reading` and `cells` turn it into typed lines and name
every bad cell, `sales` makes sales and returns of them, `engine` writes those into the database.
"""
