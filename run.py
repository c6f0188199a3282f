"""Start the back office: prepare the database, load the demo shop on the first start, and serve."""

from app import create_app, preparing, server
from app.core.errors import BusinessError
from app.core.migrations import DatabaseIsNewer


def main() -> None:
    app = create_app()
    host, port = app.config["HOST"], app.config["PORT"]
    if not server.is_free(host, port):
        raise SystemExit(f"Port {port} on {host} is taken; choose another: PORT={port + 1} make run")
    try:
        preparing.prepare(app)
    except (DatabaseIsNewer, BusinessError) as error:
        raise SystemExit(str(error)) from None
    password = preparing.first_start(app)
    print(f"\n  {app.config['APP_NAME']} is at http://{host}:{port}/")
    if password:
        print(f"  Sign in as {preparing.FIRST_USER} with the password {password} and choose your own.")
    print("  Ctrl-C stops it.\n", flush=True)
    server.serve(create_app, host=host, port=port, workers=app.config["WEB_WORKERS"], threads=app.config["WEB_THREADS"])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("\nStopped.") from None
