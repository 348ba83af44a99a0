"""Rules of people on sales: an expression of typed nodes, checked, put in words, and applied.

An expression is data, never code. `parsing` reads it from JSON, `matching` applies it to one sale
or to a frame of sales, `wording` says it as a sentence.
"""
