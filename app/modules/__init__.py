"""One folder per business area; `app.MODULES` lists them."""
