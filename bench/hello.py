"""The smallest program that typer makes: what any command of pinner is compared with."""

import typer

app = typer.Typer()


@app.command()
def hello(name: str = "world") -> None:
    print(f"hello {name}")


app()
