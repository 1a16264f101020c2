import pytest
from tests.client.wire import API, Reply, Wire, deployment, page

from assay.client import Client, ServerProblem


def _ids(count: int, start: int = 0) -> list[str]:
    return [f"{number:024x}" for number in range(start, start + count)]


def test_a_list_follows_next_and_keeps_what_it_carries(wire: Wire, client: Client) -> None:
    first, second = _ids(2), _ids(1, start=2)
    following = f"{wire.url}{API}deployments/?offset=2&limit=2&search=late"
    wire.on(
        "GET",
        "deployments/",
        page(*(deployment(id=one) for one in first), next=following, total=3),
        page(*(deployment(id=one) for one in second), total=3),
    )
    pages = client.deployments.list(search="late", page_size=2)
    assert [one.id for one in pages] == first + second
    assert pages.total_count == 3
    assert wire.calls[0].query == {"search": ["late"], "limit": ["2"]}
    assert wire.calls[1].query == {"search": ["late"], "limit": ["2"], "offset": ["2"]}


def test_no_page_is_read_before_it_is_wanted(wire: Wire, client: Client) -> None:
    following = f"{wire.url}{API}deployments/?offset=2"
    wire.on("GET", "deployments/", page(*(deployment(id=one) for one in _ids(2)), next=following, total=9))
    pages = client.deployments.list()
    assert wire.calls == []
    assert pages.total_count == 9
    next(pages), next(pages)
    assert len(wire.calls) == 1


def test_an_empty_list_is_empty(wire: Wire, client: Client) -> None:
    wire.on("GET", "deployments/", page())
    pages = client.deployments.list()
    assert list(pages) == []
    assert pages.total_count == 0


def test_empty_pages_in_between_are_passed_over(wire: Wire, client: Client) -> None:
    links = [f"{wire.url}{API}deployments/?offset={offset}" for offset in (1, 2)]
    wire.on("GET", "deployments/", page(next=links[0]), page(next=links[1]), page(deployment()))
    assert len(list(client.deployments.list())) == 1


def test_a_page_that_follows_itself_does_not_turn_for_ever(wire: Wire, client: Client) -> None:
    again = f"{wire.url}{API}deployments/?offset=1"
    wire.on("GET", "deployments/", page(deployment(), next=again), page(deployment(), next=again))
    with pytest.raises(ServerProblem, match="same page again"):
        list(client.deployments.list())


@pytest.mark.parametrize("answer", [[], {"items": []}, {"data": None}])
def test_an_answer_that_is_no_page_is_told(wire: Wire, client: Client, answer: object) -> None:
    wire.on("GET", "deployments/", Reply(json=answer))
    with pytest.raises(ServerProblem, match="no page of a list"):
        list(client.deployments.list())
