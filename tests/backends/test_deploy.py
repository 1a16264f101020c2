"""The files of deploy/: they parse, name settings that there are, and their commands run."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.backends.processes import LISTENING, WORKING, ran, started
from tests.postgres import PostgresServer
from tests.s3 import Store
from tests.serving import Production

from assay.server.settings import ServerSettings

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
KNOWN = {f"ASSAY_{name.upper()}" for name in ServerSettings.model_fields}
PROGRAM = "/opt/assay/bin/assay"


def unit(path: Path) -> configparser.RawConfigParser:
    found = configparser.RawConfigParser(strict=False)
    found.optionxform = str  # type: ignore[assignment,method-assign]  # names of units are spelt as they are
    found.read_string(path.read_text())
    return found


def command_of(path: Path) -> list[str]:
    """What a unit runs, without the program."""
    program, *arguments = shlex.split(unit(path)["Service"]["ExecStart"])
    assert program == PROGRAM
    return arguments


def test_the_compose_file_is_one_api_two_workers_a_database_and_a_store() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"postgres", "store", "migrate", "api", "worker"}
    assert services["worker"]["deploy"]["replicas"] == 2
    assert set(COMPOSE["volumes"]) == {"database", "store"}
    for name, service in services.items():
        for needed in service.get("depends_on", {}):
            assert needed in services, name


def test_images_are_pinned_and_built_from_a_file_that_is_there() -> None:
    for service in COMPOSE["services"].values():
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        else:
            assert re.fullmatch(r"[a-z/]+:\d+(\.\d+)+", service["image"])
    bases = re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert bases
    assert [base for base in bases if not re.fullmatch(r"[a-z]+:\d+\.\d+-[a-z-]+", base)] == []


def test_the_image_copies_only_what_there_is() -> None:
    lines = re.findall(r"^COPY (?!--from)(.+)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    sources = [source for line in lines for source in line.split()[:-1]]
    assert sources
    assert [source for source in sources if not (DEPLOY.parent / source).exists()] == []


def test_every_setting_that_is_named_is_one() -> None:
    named = set(re.findall(r"^(ASSAY_\w+)=", (DEPLOY / "systemd" / "assay.env").read_text(), re.MULTILINE))
    for service in COMPOSE["services"].values():
        named |= {name for name in service.get("environment", {}) if name.startswith("ASSAY_")}
    assert {"ASSAY_DATABASE_URL", "ASSAY_BLOBS_URL", "ASSAY_SECRET_KEY"} <= named <= KNOWN


def test_every_secret_of_the_compose_file_is_in_its_example() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
    example = set(re.findall(r"^(\w+)=$", (DEPLOY / "compose.env.example").read_text(), re.MULTILINE))
    assert asked == example


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_one_that_systemd_takes(path: Path, tmp_path: Path) -> None:
    sections = unit(path)
    assert sections["Service"]["EnvironmentFile"] == "/etc/assay/assay.env"
    verify = shutil.which("systemd-analyze")
    if verify is not None:
        # With a program that is there, and beside the units that it needs.
        for other in UNITS:
            (tmp_path / other.name).write_text(other.read_text().replace(PROGRAM, sys.executable))
        run = subprocess.run(
            [verify, "verify", "--man=no", tmp_path / path.name], capture_output=True, text=True, check=False
        )
        assert (run.returncode, run.stdout + run.stderr) == (0, "")


def test_the_commands_of_the_units_and_of_the_compose_file_run(
    postgres: PostgresServer, s3: Store, tmp_path: Path
) -> None:
    by_name = {path.name: command_of(path) for path in UNITS}
    services = {name: service.get("command") for name, service in COMPOSE["services"].items()}
    migrate, work = by_name["assay-migrate.service"], by_name["assay-worker@.service"]
    serve = services["api"]
    assert (services["migrate"], services["worker"]) == (migrate, work)
    # But for where it listens: a container is reached from outside it.
    assert [serve[0], *serve[3:]] == by_name["assay-api.service"]
    assert serve[1] == "--host"
    with postgres.database() as address:
        place = Production(address, s3.bucket(f"deploy-{tmp_path.name}"))
        assert ran(*migrate, place=place).returncode == 0
        with (
            # Any port of this machine alone: that of the files may be taken here.
            started(tmp_path / "api", *serve, "--port", "0", "--host", "127.0.0.1", place=place) as api,
            started(tmp_path / "worker", *work, place=place) as worker,
        ):
            api.said(LISTENING)
            worker.said(WORKING)
            assert worker.ended() == 0
