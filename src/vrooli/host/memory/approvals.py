"""Port `vrooli.flow.approval.Approvals`, in memory."""

from dataclasses import replace

from vrooli.flow.approval import Answer, Question

Key = tuple[str, str, int]


class MemoryApprovals:
    """Of all runs.

    Attributes:
        asked: questions, in their order.
    """

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self._answers: dict[Key, Answer] = {}

    async def ask(self, question: Question) -> Answer:
        """See the port."""
        key = (question.run, question.path, question.attempt)
        if key not in self._answers:
            self.asked.append(question)
            self._answers[key] = Answer()
        return replace(self._answers[key], seen=self._decided(question.run))

    def decide(self, run: str, path: str, answer: Answer) -> None:
        """The last question of this step is answered."""
        key = max(key for key in self._answers if key[:2] == (run, path))
        self._answers[key] = answer

    def _decided(self, run: str) -> int:
        decided = [one for key, one in self._answers.items() if key[0] == run]
        return sum(one.status in ("approved", "rejected") for one in decided)
