"""What becomes of a sale: scored, judged by the running rules, and decided by both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings

from transactions.choices import Decision, TransactionStatus
from transactions.fraud.calendar import microseconds
from transactions.fraud.champion import model_of
from transactions.fraud.frame import ANONYMOUS, NEVER_US, SalesFrame, text_column
from transactions.fraud.history import load_past
from transactions.fraud.label_history import labelled_lines, load_device_runs, load_told
from transactions.fraud.scoring import Reason, Scores, decision_of, score_lines
from transactions.fraud.sharing import live_shared
from transactions.fraud.stored import StoredStatistics
from transactions.fraud.windows import customer_history
from transactions.rules.facts import SaleToJudge, facts_of
from transactions.services.rules.running import Judgement, running_rules
from transactions.services.sale_input import DECLINED, OUTSTANDING
from transactions.services.sale_lines import SaleLine


def opening_status(decision: Decision, payment_status: str) -> TransactionStatus:
    """Return how a sale begins after its decision.

    A held sale waits for the analyst whether paid or not; his approval completes it. One whose
    payment was declined failed, and is kept because tries tell of fraud.
    """
    if decision == Decision.BLOCK or payment_status == DECLINED:
        return TransactionStatus.FAILED
    if decision == Decision.REVIEW:
        return TransactionStatus.IN_REVIEW
    if payment_status == OUTSTANDING:
        return TransactionStatus.PENDING
    return TransactionStatus.COMPLETED


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was made of a line. score: 0 (safe) to 1 (fraud); model: the version that gave it."""

    score: float
    model: str
    reasons: list[Reason]
    judgement: Judgement
    decision: Decision
    is_suspicious: bool


def assess(
    lines: Sequence[SaleLine], *, now: datetime, rules_stamp: UUID | None
) -> list[Assessment]:
    """Score lines in time order, judge them by the running rules and decide; writes nothing.

    rules_stamp: of the rules that run, as it was read; None before the first was made.
    """
    scores, review_above = score_lines_now(lines, now=now)
    rules = running_rules(rules_stamp)
    zone = ZoneInfo(settings.TIME_ZONE)
    assessments = []
    for i, line in enumerate(lines):
        value, reasons = float(scores.fraud_score[i]), scores.reasons(i)
        judgement = (
            rules.judge(facts_of(_to_judge(line, value, reasons), zone=zone))
            if rules.rules
            else Judgement()
        )
        decision, suspicious = decision_of(
            value, review_above=review_above, rules=judgement.actions
        )
        if decision == Decision.REVIEW and line.sale.payment_status == DECLINED:
            # There is nothing to hold.
            decision = Decision.ALLOW
        assessments.append(
            Assessment(value, scores.version, reasons, judgement, decision, suspicious)
        )
    return assessments


def score_lines_now(lines: Sequence[SaleLine], *, now: datetime) -> tuple[Scores, float]:
    """Return the scores of lines in time order, and the score above which a sale is held."""
    frame = SalesFrame(
        timestamp_us=np.array([microseconds(line.timestamp) for line in lines], np.int64),
        order_ref=text_column(line.sale.order for line in lines),
        customer_id=np.array(
            [line.customer.pk if line.customer else ANONYMOUS for line in lines], np.int64
        ),
        product_id=np.array([line.product.pk for line in lines], np.int64),
        quantity=np.array([line.sale.quantity for line in lines], np.int64),
        amount_cents=np.array([int(line.total * 100) for line in lines], np.int64),
        channel=text_column(line.sale.channel for line in lines),
        ip_country=text_column(line.sale.ip_country.upper() for line in lines),
        ship_country=text_column(line.sale.ship_country.upper() for line in lines),
        device=text_column(line.sale.device for line in lines),
        card=text_column(line.marks.card for line in lines),
        ship_address=text_column(line.marks.ship_address for line in lines),
        bill_address=text_column(line.marks.bill_address for line in lines),
        email=text_column(line.marks.email for line in lines),
        category=text_column(line.product.category for line in lines),
        store=text_column(line.sale.store for line in lines),
        list_price_e4=np.array([int(line.product.price * 10_000) for line in lines], np.int64),
        declined_us=np.array(
            [
                microseconds(line.timestamp) if line.sale.payment_status == DECLINED else NEVER_US
                for line in lines
            ],
            np.int64,
        ),
    )
    statistics = StoredStatistics(
        frame,
        customers=[line.customer.code if line.customer else "" for line in lines],
        skus=[line.product.sku for line in lines],
    )
    past = load_past(frame, as_of=now)
    labelled = labelled_lines(frame, past, load_told(frame, past))
    scores = score_lines(
        frame,
        history=customer_history(
            frame,
            past,
            labelled,
            limits=statistics.limits(),
            zone=ZoneInfo(settings.TIME_ZONE),
        ),
        baselines=statistics.baselines(),
        shared=live_shared(frame, as_of=now),
        watched=statistics.watched(),
        accounts_us=np.array(
            [
                microseconds(line.customer.created_at) if line.customer else NEVER_US
                for line in lines
            ],
            np.int64,
        ),
        runs=load_device_runs(frame),
        model=model_of(statistics.champion),
    )
    return scores, statistics.review_above


def _to_judge(line: SaleLine, score: float, reasons: list[Reason]) -> SaleToJudge:
    sale, customer = line.sale, line.customer
    return SaleToJudge(
        timestamp=line.timestamp,
        amount_cents=int(line.total * 100),
        discount_cents=int(sale.discount * 100),
        quantity=sale.quantity,
        channel=sale.channel,
        payment_method=sale.payment_method,
        device=sale.device,
        card=line.marks.card,
        ship_address=line.marks.ship_address,
        bill_address=line.marks.bill_address,
        email_stem=line.marks.email,
        declined=sale.payment_status == DECLINED,
        ip_country=sale.ip_country,
        ship_country=sale.ship_country,
        store=sale.store,
        sku=line.product.sku,
        category=line.product.category,
        customer=customer.code if customer else "",
        customer_since=customer.created_at if customer else None,
        email=customer.email if customer else "",
        score=score,
        reasons=reasons,
    )
