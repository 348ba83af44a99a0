"""The demo shop: a public grocery data set, shifted to now, with what it lacks simulated.

Everything made up here comes from a seed, so that every copy of the demo is the same shop, and is
named in `ShopSettings.simulated`, so that pages can label it.
"""
