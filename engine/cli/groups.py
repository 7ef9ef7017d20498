"""A group of commands whose commonest one needs no name. It knows no command."""

from typing import Any

from typer.core import TyperGroup


class RunFirst(TyperGroup):
    """`compress RUN` is `compress run RUN`: what is no command's name belongs to the command called `run`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words, `run` put before them where the first is neither a command nor a call for help."""
        if args and args[0] not in (*self.commands, "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The group's commands and, before them, what the unnamed one takes: it is hidden in their list."""
        run = self.commands["run"]
        unnamed = type(ctx)(run, info_name=ctx.info_name, parent=ctx.parent)
        told = [record for one in run.get_params(unnamed) if (record := one.get_help_record(unnamed))]
        with formatter.section(" ".join([ctx.command_path, *run.collect_usage_pieces(unnamed)])):
            formatter.write_dl(told)
        super().format_options(ctx, formatter)
