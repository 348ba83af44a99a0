"""Scoring a labelled file as if its lines came in one by one, with models refitted on the way.

Needs no database and writes nothing but its answer.
"""
