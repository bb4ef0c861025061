"""`kubenines completion`."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.pass_context
@click.argument("shell", type=click.Choice(SHELLS))
def completion(context: click.Context, shell: str) -> None:
    """Print the script by which a shell completes commands, options, files, Services and policies.

    \b
    bash:  source <(kubenines completion bash)       in ~/.bashrc
    zsh:   source <(kubenines completion zsh)        in ~/.zshrc, after compinit
    fish:  kubenines completion fish | source        in ~/.config/fish/config.fish
    """  # noqa: D301 (the layout mark is the character, not a backslash and a letter)
    found = get_completion_class(shell)
    assert found is not None  # click has these
    click.echo(found(context.find_root().command, {}, "kubenines", "_KUBENINES_COMPLETE").source())
