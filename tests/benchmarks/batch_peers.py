"""The same work with other clients, written as their documentation shows it."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

Row = dict[str, Any]
Result = tuple[str, str]  # the appointment, and "answered", "fix" or "failed"

#: Statuses and methods that are sent again, as most programs on this API do.
RETRIES = {"total": 5, "backoff_factor": 0.2, "status_forcelist": (403, 429, 500, 502, 503, 504)}
TIMEOUT = (5, 2)


class Token:
    """A token that is fetched again after a 401."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self.value = self._fetch()

    def _fetch(self) -> str:
        form = {"grant_type": "client_credentials"}
        response = requests.post(f"{self._url}/oauth2/token", form, auth=("id", "secret"))
        return str(response.json()["access_token"])

    def replace(self, refused: str) -> None:
        with self._lock:
            if self.value == refused:
                self.value = self._fetch()


def session_of(url: str, adapter: HTTPAdapter, session: requests.Session) -> requests.Session:
    session.mount(url, adapter)
    return session


def post(session: requests.Session, url: str, token: Token, row: Row) -> requests.Response:
    value = token.value
    response: Any = session.post(
        f"{url}/api/v4/eligibility/",
        json=row,
        headers={"Authorization": f"bearer {value}"},
        timeout=TIMEOUT,
    )
    if response.status_code == 401:
        token.replace(value)
        return post(session, url, token, row)
    response.raise_for_status()
    return response  # type: ignore[no-any-return]


def result_of(row: Row, work: Callable[[], Any]) -> Result:
    name = row["application_data"]["appointment"]
    try:
        work()
    except requests.HTTPError as error:
        is_wrong = error.response is not None and error.response.status_code == 422
        return name, "fix" if is_wrong else "failed"
    except Exception:
        return name, "failed"
    return name, "answered"


def retries_of_urllib3(url: str, rows: Iterator[Row], threads: int) -> Iterator[Result]:
    """`requests` in a `ThreadPoolExecutor`, with urllib3's Retry for all methods."""
    retry = Retry(**RETRIES, allowed_methods=None)  # type: ignore[arg-type]
    adapter = HTTPAdapter(pool_maxsize=threads, max_retries=retry)
    session, token = session_of(url, adapter, requests.Session()), Token(url)
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(
            lambda row: result_of(row, lambda: post(session, url, token, row)), rows
        )


def requests_futures(url: str, rows: Iterator[Row], threads: int) -> Iterator[Result]:
    """`requests-futures`, with urllib3's Retry for all methods."""
    from requests_futures.sessions import FuturesSession

    retry = Retry(**RETRIES, allowed_methods=None)  # type: ignore[arg-type]
    adapter = HTTPAdapter(pool_maxsize=threads, max_retries=retry)
    token = Token(url)
    session = session_of(url, adapter, FuturesSession(max_workers=threads))
    futures = {
        session.post(
            f"{url}/api/v4/eligibility/",
            json=row,
            headers={"Authorization": f"bearer {token.value}"},
            timeout=TIMEOUT,
        ): row
        for row in rows
    }
    for future in as_completed(futures):
        row = futures[future]

        def work(future: Any = future, row: Row = row) -> Any:
            response = future.result()
            if response.status_code == 401:
                token.replace(response.request.headers["Authorization"].removeprefix("bearer "))
                return post(session_of(url, adapter, requests.Session()), url, token, row)
            return response.raise_for_status()

        yield result_of(row, work)


def tenacity_retries(url: str, rows: Iterator[Row], threads: int) -> Iterator[Result]:
    """`requests` in a `ThreadPoolExecutor`, with `tenacity` around the call."""
    import tenacity

    adapter = HTTPAdapter(pool_maxsize=threads)
    session, token = session_of(url, adapter, requests.Session()), Token(url)

    def is_worth_a_retry(error: BaseException) -> bool:
        response = getattr(error, "response", None)
        return response is None or response.status_code in RETRIES["status_forcelist"]  # type: ignore[operator]

    retrying = tenacity.retry(
        stop=tenacity.stop_after_attempt(6),
        wait=tenacity.wait_exponential(0.2),
        retry=tenacity.retry_if_exception(is_worth_a_retry),
        reraise=True,
    )(post)
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(
            lambda row: result_of(row, lambda: retrying(session, url, token, row)), rows
        )


PEERS = {
    "requests + urllib3 Retry": retries_of_urllib3,
    "requests-futures": requests_futures,
    "requests + tenacity": tenacity_retries,
}


def run(name: str, url: str, rows: list[Row], threads: int) -> tuple[dict[str, str], float]:
    """Return what a client said of each row, and the seconds that it took."""
    started = time.monotonic()
    results = dict(PEERS[name](url, iter(rows), threads))
    return results, time.monotonic() - started
