"""Programs that raise, leave or log errors."""

from __future__ import annotations


def test_an_exception_shows_the_programs_line_and_none_of_the_machinery(run):
    rehearsal = run('Res("before")\n\ndef build():\n    return {}["missing"]\n\nbuild()\nRes("after")\n')
    assert "KeyError: 'missing'" in rehearsal.failure
    assert '__main__.py", line 5, in build' in rehearsal.failure
    assert "slipway/rehearsal/" not in rehearsal.failure
    assert [step.name for step in rehearsal.plan.steps] == ["shop-dev", "before"]


def test_an_exception_in_an_apply_loses_only_what_depends_on_it(run):
    rehearsal = run(
        """
        made = Res("made", given="x")

        def explode(value):
            raise ValueError("no such size")

        bad = made.given.apply(explode)
        Res("dependent", size=bad)
        Res("unrelated", ResourceOptions(depends_on=[made]))
        """
    )
    assert "ValueError: no such size" in rehearsal.failure
    assert "in explode" in rehearsal.failure
    assert [step.name for step in rehearsal.plan.steps] == ["shop-dev", "made", "unrelated"]


def test_what_was_under_way_when_another_resource_failed_is_in_the_plan(run):
    rehearsal = run(
        """
        import asyncio

        async def slowly():
            for _ in range(100):
                await asyncio.sleep(0)
            return 1

        async def never():
            raise ValueError("no such zone")

        Res("slow", given=slowly())
        Res("bad", given=never())
        """
    )
    assert "no such zone" in rehearsal.failure
    assert [step.name for step in rehearsal.plan.steps] == ["shop-dev", "slow"]


def test_a_run_error_is_shown_without_a_traceback(run):
    assert run('raise pulumi.RunError("say it plainly")').failure == "say it plainly"


def test_leaving_with_status_0_is_success_and_with_another_is_not(run):
    assert run('import sys\nRes("a")\nsys.exit(0)').failure is None
    assert run("import sys\nsys.exit(3)").failure == "the program exited with status 3"


def test_a_logged_error_is_recorded_and_ends_nothing(run):
    rehearsal = run('pulumi.log.error("careful", Res("a"))\npulumi.log.debug("noise")\nRes("b")')
    assert rehearsal.failure is None
    (logged,) = rehearsal.diagnostics
    assert (logged.severity, logged.message, logged.urn) == (
        "error",
        "careful",
        "urn:pulumi:dev::shop::test:index:Res::a",
    )
    assert [step.name for step in rehearsal.plan.steps] == ["shop-dev", "a", "b"]


def test_a_program_runs_as_pulumi_runs_it(run):
    outputs = run(
        """
        import os, sys
        pulumi.export("argv", sys.argv)
        pulumi.export("here", os.path.samefile(os.getcwd(), os.path.dirname(os.path.abspath(__file__))))
        pulumi.export("name", __name__)
        pulumi.export("dry run", pulumi.runtime.is_dry_run())
        pulumi.export("names", [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization()])
        """
    ).plan.outputs
    assert outputs == {
        "argv": ["."],
        "here": True,
        "name": "__main__",
        "dry run": True,
        "names": ["shop", "dev", "organization"],
    }
