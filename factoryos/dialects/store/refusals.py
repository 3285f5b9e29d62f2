"""How the store API says no of its own: where the core would allow it, or would say it of something else."""

from factoryos.dialects.store.wording import placed
from factoryos.kernel.problems import Problem


class AlreadyOnOrder(Problem):
    """An order has one line of an article."""

    code, template = "article_on_order", "{article} is already on this order"

    def __init__(self, *, article: str) -> None:
        super().__init__(article=article)
        placed(self, "articleId")


class SeveralLines(Problem):
    """The order came through another API and has several lines of the article (such as sizes): none of them is meant."""

    code, template = "several_lines", "This order has several lines of {article}, which cannot be told apart here"

    def __init__(self, *, article: str) -> None:
        super().__init__(article=article)
        placed(self, "articleId")


class CountedBySerial(Problem):
    """Pieces with serial numbers come and go by their numbers, not by a total."""

    code, template = "counted_by_serial", "{article} is kept by serial: report each piece as a traced run"

    def __init__(self, *, article: str) -> None:
        super().__init__(article=article)
        placed(self, "finished")


class SpreadOverMachines(Problem):
    """A new amount would need new shares for each machine, which nobody can name here."""

    code = "spread_over_machines"
    template = "The order runs on several machines: its amount is changed where they are planned"

    def __init__(self) -> None:
        super().__init__()
        placed(self, "amount")
