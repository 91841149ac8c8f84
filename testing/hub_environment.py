"""The environment in which a client sees a local Hub and nothing else."""

from pathlib import Path

_SWITCHES = {
    "HUGGINGFACE_CO_STAGING": "0",
    "HF_HUB_OFFLINE": "0",
    "HF_DATASETS_OFFLINE": "0",
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",
}


def client_environment(endpoint: str, home: Path, *, token: str | None, timeout: int) -> dict[str, str]:
    """Return the environment variables that `LocalHub.environment` promises.

    Args:
        endpoint: Base URL of the Hub.
        home: Folder for every cache.
        token: Token to send, if any.
        timeout: Seconds that a client waits for an answer.
    """
    return {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "HF_HUB_CACHE": str(home / "hub"),
        "HF_DATASETS_CACHE": str(home / "datasets"),
        # Empty rather than absent: it has to hide a token that the parent's environment holds.
        "HF_TOKEN": token or "",
        "HUGGING_FACE_HUB_TOKEN": "",
        "HF_OIDC_RESOURCE": "",
        "HF_TOKEN_PATH": str(home / "token"),
        "HF_HUB_ETAG_TIMEOUT": str(timeout),
        "HF_HUB_DOWNLOAD_TIMEOUT": str(timeout),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        **_SWITCHES,
    }
