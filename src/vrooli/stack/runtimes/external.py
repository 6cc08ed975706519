"""Something that runs elsewhere: watched, never started or stopped."""

from vrooli.core.errors import StartFailed
from vrooli.core.result import Result
from vrooli.stack.model import Service
from vrooli.stack.probe import probe
from vrooli.stack.progress import Report, Step
from vrooli.stack.runtime import Context, Runtime


class ExternalRuntime(Runtime):
    """Waits for it, no more."""

    name = "external"

    async def start(self, service: Service, context: Context, report: Report) -> Result:
        """Wait until it answers; we cannot do anything else for it. What is waited for is said at
        once, since it may take all of `start_timeout`.
        """
        result = await probe(service, context.tools)
        if result.healthy:
            return result
        patience = f"waiting up to {service.start_timeout:g} s (start_timeout)"
        report(Step(service.name, "waiting", f"{result.message}; {patience}"))
        return await self.await_health(service, context)

    def check(self, service: Service, context: Context) -> None:
        """Nothing that we could know beforehand."""

    async def await_health(self, service: Service, context: Context) -> Result:
        """See `start`."""
        clock = context.tools.clock
        deadline = clock.monotonic() + service.start_timeout
        while True:
            result = await probe(service, context.tools)
            if result.healthy:
                return result
            if clock.monotonic() >= deadline:
                raise StartFailed(
                    f"does not answer: {result.message}",
                    where=service.name,
                    next_step="it is external: start it where it runs, or correct its `url`",
                )
            await clock.sleep(min(1.0, service.health.interval))

    async def stop(self, service: Service, context: Context) -> None:
        """Nothing: it is not ours."""

    def running(self, service: Service, context: Context) -> bool:
        """Taken for granted; its probe says more."""
        return True


RUNTIME = ExternalRuntime()
