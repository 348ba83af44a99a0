"""What a score looks at, in order, and what it believes before any label is known."""

from transactions.fraud.learning.additive import AdditiveModel, Column, Shape
from transactions.fraud.learning.steps import StepCurve

# Judgement, 2026-11, for a shop without labels. One sale in 120 is held to be fraud before
# anything is looked at. Amount, orders and quantity pass one half alone only near their largest,
# a repeated purchase when it is an outright one; risk and country only together with another.
# The curves of what is learned say what kind of thing is meant and leave all numbers to labels:
# an amount by itself says nothing; a device with several unexplained frauds of late is bad.
SIGNALS = (
    Column("F1", "Amount against own history", 5.2),
    Column("F2", "Dear for its category", 1.0),
    Column("F3", "Orders in a short time", 5.0),
    Column("F4", "Spent within a day", 1.0),
    Column("F5", "New account, high value", 2.0),
    Column("F6", "Unusual hour", 0.8),
    Column("F7", "New category", 0.3),
    Column("F8", "Same purchase again", 5.0),
    Column("F9", "Shared by many customers", 3.5),
    Column("F10", "Fraud known nearby", 3.5),
    Column("F11", "Unusual quantity", 5.0),
    Column("F12", "Dormant, then large", 2.5),
    Column("F13", "Just under a limit", 2.5),
    Column("F14", "Many refunds", 2.5),
    Column("F15", "Price far below list", 1.0),
    Column("F16", "E-mail pattern", 2.0),
    Column("F17", "New country", 4.0),
    Column("F18", "Failed payments before", 4.0),
    Column("F19", "Watch list", 0.3),
    Column("L1", "Amount", 0.0, Shape.RISING, StepCurve((), (0.0,))),
    Column(
        "L2",
        "Amount against genuine purchases",
        3.0,
        Shape.RISING,
        StepCurve((3.0, 4.0, 6.0), (0.0, 0.3, 0.6, 1.0)),
    ),
    Column("L3", "Device seen with one fraud", 1.5, Shape.RISING, StepCurve((0.5,), (0.0, 1.0))),
    Column(
        "L4",
        "Device seen with several frauds",
        6.0,
        Shape.FREE,
        StepCurve((30.0, 60.0, 90.0), (1.0, 0.6, 0.3, 0.0)),
    ),
    Column("L5", "Other unusual amounts lately", 1.0, Shape.RISING, StepCurve((3.0,), (0.0, 1.0))),
)
CODES = tuple(signal.code for signal in SIGNALS)
PRIOR = AdditiveModel.prior(SIGNALS, base=-4.8, version="prior.4")
# What a fraud's amount explains is not held against the device it came through.
AMOUNT_CODES = ("F1", "F2", "F4", "L1", "L2", "L5")
DEVICE_ONCE, DEVICE_AGAIN = CODES.index("L3"), CODES.index("L4")
