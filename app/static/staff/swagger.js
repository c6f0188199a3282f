/* The description of the API. Requests that are tried carry the page's form token, as those of our own scripts do. */

(() => {
  const holder = document.getElementById("swagger-ui");
  SwaggerUIBundle({
    domNode: holder,
    url: holder.dataset.url,
    layout: "BaseLayout",
    docExpansion: "none",
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    requestInterceptor: (request) => {
      if (new URL(request.url, location.href).origin === location.origin) {
        request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
      }
      return request;
    },
  });
})();
