"""Prediction environments: named places where models run, for clients that keep account of them."""

from dataclasses import dataclass

from assay.errors import Conflict, Invalid
from assay.monitoring import access
from assay.monitoring.context import Context
from assay.records.environments import PredictionEnvironment
from assay.records.ids import new_id
from assay.records.pages import Page, PageRequest
from assay.records.users import User

# The kind of model that an environment must support to run a package of this server.
EXTERNAL_FORMAT = "externalModel"
LONGEST_NAME = 512
LONGEST_WORD = 64
MOST_FORMATS = 32


@dataclass(frozen=True, slots=True)
class NewEnvironment:
    """What a caller says of an environment that is to be made."""

    name: str
    description: str | None = None
    platform: str = "other"
    model_formats: tuple[str, ...] = (EXTERNAL_FORMAT,)
    managed_by_agent: bool = False


def create(ctx: Context, caller: User, new: NewEnvironment) -> PredictionEnvironment:
    """Add an environment."""
    _check(ctx, new)
    now = ctx.clock()
    environment = PredictionEnvironment(
        id=new_id(now),
        owner_id=caller.id,
        name=new.name,
        description=new.description,
        platform=new.platform,
        model_formats=new.model_formats,
        managed_by_agent=new.managed_by_agent,
        created_at=now,
        deleted_at=None,
    )
    with ctx.store.transaction() as tx:
        tx.prediction_environments.create(environment)
    return environment


def _check(ctx: Context, new: NewEnvironment) -> None:
    _check_text("name", new.name, LONGEST_NAME)
    _check_text("platform", new.platform, LONGEST_WORD)
    if new.description is not None and len(new.description) > ctx.limits.max_description_length:
        most = ctx.limits.max_description_length
        raise Invalid(f"description: found {len(new.description)} characters, expected at most {most}.")
    if len(new.model_formats) > MOST_FORMATS:
        raise Invalid(f"supportedModelFormats: found {len(new.model_formats)}, expected at most {MOST_FORMATS}.")
    for word in new.model_formats:
        _check_text("supportedModelFormats", word, LONGEST_WORD)


def _check_text(field: str, text: str, longest: int) -> None:
    if not text.strip():
        raise Invalid(f"{field}: found a blank text, expected a word.")
    if len(text) > longest:
        raise Invalid(f"{field}: found {len(text)} characters, expected at most {longest}.")


def get(ctx: Context, caller: User, environment_id: str) -> PredictionEnvironment:
    """One environment."""
    with ctx.store.snapshot() as tx:
        return access.environment(tx, caller, environment_id)


def page(ctx: Context, caller: User, request: PageRequest, *, search: str | None) -> Page[PredictionEnvironment]:
    """Environments that the caller sees, newest first."""
    with ctx.store.snapshot() as tx:
        return tx.prediction_environments.list(access.owner_filter(caller), request, search=search)


def delete(ctx: Context, caller: User, environment_id: str) -> None:
    """Delete an environment that no deployment names."""
    with ctx.store.transaction() as tx:
        environment = access.environment(tx, caller, environment_id)
        used = tx.prediction_environments.deployments_in(environment_id)
        if used:
            raise Conflict(
                f"Prediction environment '{environment.name}' is named by {used} deployment(s). Delete those first."
            )
        tx.prediction_environments.delete(environment_id, ctx.clock())
