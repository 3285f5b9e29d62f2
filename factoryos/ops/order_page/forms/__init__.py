"""One small form a verb. A form reads and bounds what was typed, and hands it to the verb; it holds no rule of the life."""

from factoryos.ops.order_page.forms.base import VerbForm
from factoryos.ops.order_page.forms.counting import Report, Verify
from factoryos.ops.order_page.forms.holding import Hold, ReleaseHold
from factoryos.ops.order_page.forms.moves import Approve, Cancel, Close, Complete, Pause, Resume, Rework, Start, Submit
from factoryos.ops.order_page.forms.planning import AdjustQuantity, Amend, Schedule

FORMS: dict[str, type[VerbForm]] = {
    form.verb: form
    for form in (
        Submit, Approve, Schedule, Start, Report, Pause, Resume, Complete, Verify, Rework, Close, Cancel,
        AdjustQuantity, Amend, Hold, ReleaseHold,
    )
}  # fmt: skip
