"""Screen: one declaration that becomes list, filters, forms, record page and JSON API.

    class SupplierScreen(Screen):
        \"\"\"Where buyers keep the supplier book.\"\"\"
        model = Supplier
        list_title = _("Suppliers")
        list_columns = ["name", "phone", "status", "updated_at"]
        search_columns = ["name", "phone", "status"]
        form_columns = ["name", "phone", "status", "note"]

The words are Flask-AppBuilder's, so its manual stays true; `model` and `form_columns` are our only additions. What
is not declared is derived from the model: labels, kinds, help and rules come from its columns. A column may be
a relation (`category`), a column of a related row (`member.phone`) or a Python property. The docstring is the
screen's help text. Buttons are methods marked with `@action`, extra boxes on a record's page with `@panel`.

When not to use it: a page that is not about rows of one table is a `Page`; figures over many rows are a `Report`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from flask import abort, current_app, flash, jsonify, redirect, request, url_for
from flask_appbuilder import ModelView, expose
from flask_appbuilder.baseviews import BaseView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement, inspect
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.core.bin import throw_away
from app.core.database import db
from app.core.db import Record
from app.core.errors import BusinessError, NotFound
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.lowcode import base_filters, dependents, forms, lookup, pages, record_pages, saving, undo, versions
from app.lowcode.access import may, permission, refuse
from app.lowcode.acting import Acting
from app.lowcode.actions import Action, Panel, marked
from app.lowcode.export import export_list
from app.lowcode.fields import TEXT_KINDS, Field, read_all, resolve
from app.lowcode.filters import is_filterable
from app.lowcode.inline_cells import InlineCells, declared
from app.lowcode.listing import Listing
from app.lowcode.records import row_of, several
from app.lowcode.registry import registry
from app.lowcode.saved_views.columns import offered
from app.lowcode.saved_views.opening import open_list
from app.lowcode.view import View

CRUD_LABELS = {"can_view": _("View"), "can_add": _("Add"), "can_edit": _("Edit"), "can_delete": _("Delete")}
UNDERIVED = {"id", "created_at", "updated_at"}


class Screen(Acting, InlineCells, View, ModelView):
    """A list of records with its forms, record pages and API."""

    model: Any = None
    form_columns: Any = None
    form_fieldsets: Any = None
    list_help: Any = ""
    empty_text: Any = ""
    empty_title: Any = ""
    related_columns: Any = None
    """The columns shown where its rows stand on the page of another record; those of the list if nothing is said."""
    list_options: ClassVar[list[Any]] = []
    """Loader options for list columns that are Python properties, so that they do not ask row by row."""
    keeps_deleted: ClassVar[bool] = True
    """Whether what is deleted goes to the recycle bin, from which it can be restored for a while."""
    in_search: ClassVar[bool | None] = None
    """Whether the palette finds rows of this screen; by default those of models with a `search_index`."""
    with_api: ClassVar[bool] = True
    with_export: ClassVar[bool] = True
    """Whether the list can be taken away as a file, by whoever has the permission for it."""
    with_import: ClassVar[bool] = True
    """Whether files can be brought in where records can be added, by whoever has the permission for it, and many rows
    be changed to the same values by whoever may edit them."""
    can_restore: ClassVar[bool] = True
    """Whether who may edit a record can give it values again that it had at an earlier moment of its history."""
    history_columns: ClassVar[tuple[str, ...]] = ()
    """What the history of a record tells of beside the columns that the screen shows, by the attributes' names."""
    with_comments: ClassVar[bool] = True
    """Whether whoever may view a record can comment on it, on its page."""
    quick_import: ClassVar[bool] = False
    """Whether imports may write records past the session, very many a second: for records that are their columns and
    nothing else, see `app.lowcode.importing.quick`."""
    page_size = 25
    default_view = "list"
    exclude_route_methods = {"download", "action_post"}
    # The framework's words for its own forms, which are not used: as texts they would be translated at every start.
    add_row_message = edit_row_message = delete_row_message = ""
    add_integrity_error_message = edit_integrity_error_message = delete_integrity_error_message = ""
    database_error_message = ""

    def __init__(self) -> None:
        # The framework's own constructor builds forms and filters that load whole related tables; ours reads the
        # declaration instead and only keeps what makes routes and permissions.
        cls = type(self)
        self.label_columns = dict(cls.label_columns or {})
        self.description_columns = dict(cls.description_columns or {})
        self.formatters_columns = dict(cls.formatters_columns or {})
        self.actions: dict[str, Action] = marked(cls, "houtai_action")
        self.panels: dict[str, Panel] = marked(cls, "houtai_panel")
        if cls.base_permissions is None:
            self.base_permissions = list(CRUD_LABELS)
        else:
            self.base_permissions = list(cls.base_permissions)
        if self.with_export:
            self.base_permissions.append("can_export")
        if self._imports():
            self.base_permissions.append("can_import")
        self.base_permissions += [f"can_{name}" for name in self.actions if f"can_{name}" not in self.base_permissions]
        self.related_views = list(cls.related_views or [])
        self._related_views = []
        self.menu_label = self.menu_label or self.list_title
        self._read_declaration()
        BaseView.__init__(self)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.model is None:
            return
        if "datamodel" not in vars(cls):
            cls.datamodel = SQLAInterface(cls.model)
        if cls.route_base is None or any(cls.route_base == getattr(base, "route_base", None) for base in cls.__bases__):
            cls.route_base = f"/{cls.model.__tablename__}"
        cls.list_title = cls.list_title or inspect(cls.model).class_.__name__

    def _read_declaration(self) -> None:
        """Resolve every column that the declaration names; a wrong name fails at start-up, not on a page."""
        cls = type(self)
        self._fields: dict[str, Field] = {}
        columns = inspect(self.model).columns
        own = [name for name, column in columns.items() if "kind" in column.info]
        form = cls.form_columns
        if form is None and not cls.form_fieldsets:
            form = [name for name in own if name not in UNDERIVED]
        self.form_groups: list[tuple[Any, Any, list[Field]]] = _groups(cls.form_fieldsets, form, self.field)
        self.form_fields = [field for _title, _help, fields in self.form_groups for field in fields]
        listed = cls.list_columns or [field.path for field in self.form_fields[:5]]
        self.list_fields = [self.field(name) for name in listed]
        shown = cls.show_columns or (
            []
            if cls.show_fieldsets
            else [
                *[field.path for field in self.form_fields],
                *[name for name in ("created_at", "updated_at") if name in own],
            ]
        )
        self.show_groups = _groups(cls.show_fieldsets, shown, self.field)
        searched = (
            cls.search_columns
            if cls.search_columns is not None
            else [field.path for field in self.list_fields if field.is_stored and is_filterable(field)]
        )
        self.filter_fields = {field.path: field for field in map(self.field, searched) if is_filterable(field)}
        ordered = (
            cls.order_columns
            if cls.order_columns is not None
            else [
                field.path
                for field in self.list_fields
                if field.column is not None
                and field.through is None
                and field.kind not in {"reference", "json", "words", "rich_text", "long_text", "pictures", "picture"}
            ]
        )
        self.order_fields = {field.path: field for field in map(self.field, ordered)}
        self.inline_fields = declared(self)

    # -- the declaration, read -------------------------------------------------------------------------------

    def field(self, path: str) -> Field:
        """The field that a column name of the declaration stands for."""
        if path not in self._fields:
            self._fields[path] = resolve(self.model, path, self.label_columns, self.description_columns)
        return self._fields[path]

    def formatter(self, field: Field) -> Callable[[Any], Any] | None:
        return self.formatters_columns.get(field.path)

    @cached_property
    def offered_columns(self) -> dict[str, Field]:
        """The columns from which people choose those of the list, by path."""
        return offered(self)

    @cached_property
    def text_fields(self) -> list[Field]:
        """The text columns of this table among the search columns: what the quick search looks into."""
        return [field for field in self.filter_fields.values() if field.kind in TEXT_KINDS and field.through is None]

    @property
    def is_searchable(self) -> bool:
        return bool(self.text_fields or getattr(self.model, "search_index", None))

    def search_attributes(self) -> list[ColumnElement[Any]]:
        return [getattr(self.model, field.path) for field in self.text_fields]

    def row_conditions(self) -> list[ColumnElement[bool]]:
        """Which rows this screen is about: `base_filters` in SQL. Lists, pages, actions and the API all obey."""
        return base_filters.conditions(self.model, type(self).base_filters or [])

    @classmethod
    def permission_labels(cls) -> dict[str, Any]:
        given = cls.base_permissions if cls.base_permissions is not None else list(CRUD_LABELS)
        labels = {name: CRUD_LABELS.get(name, name) for name in given}
        if cls.with_export:
            labels["can_export"] = _("Export")
        if cls._imports():
            labels["can_import"] = _("Import")
        return labels | {f"can_{name}": mark.label for name, mark in marked(cls, "houtai_action").items()}

    def may(self, permission_name: str) -> bool:
        """Whether the current user has this permission here, and the screen offers it at all."""
        name = f"can_{permission_name}"
        return name in self.base_permissions and may(name, self.class_permission_name)

    @property
    def has_form(self) -> bool:
        return bool(self.form_fields)

    @classmethod
    def _imports(cls) -> bool:
        return cls.with_import and (cls.base_permissions is None or "can_add" in cls.base_permissions)

    # -- records ---------------------------------------------------------------------------------------------

    def get(self, raw: Any) -> Any:
        """The record with this id among the rows of this screen; NotFound otherwise."""
        return row_of(self, raw)[0]

    def get_many(self, raws: list[Any]) -> list[Any]:
        """The records with these ids, in this order; NotFound if one is not among the rows of this screen."""
        return several(self, raws)

    def pre_add(self, item: Any) -> None:
        """Called before a new record is written by form or API; raise a BusinessError to refuse."""

    def post_add(self, item: Any) -> None:
        """Called after a new record is written, in its transaction."""

    def pre_update(self, item: Any) -> None:
        """Called before a changed record is written by form or API; raise a BusinessError to refuse."""

    def post_update(self, item: Any) -> None:
        """Called after a changed record is written, in its transaction."""

    def pre_delete(self, item: Any) -> None:
        """Called before a record is deleted; raise a BusinessError to refuse."""

    def post_delete(self, item: Any) -> None:
        """Called after a record is deleted, in its transaction."""

    def delete_record(self, item: Any) -> None:
        """Delete a record; a screen whose records are taken away in another way overrides this."""
        db.session.delete(item)

    @cached_property
    def has_bin(self) -> bool:
        """Whether what is deleted here can be restored."""
        plain = type(self).delete_record is Screen.delete_record
        return self.keeps_deleted and plain and issubclass(self.model, Record)

    def remove(self, item: Any) -> int | None:
        """Delete a record by form or API and commit; gives the id of what the bin keeps of it, if anything."""
        with dependents.named(item), forms.committing():
            self.pre_delete(item)
            entry = throw_away(item) if self.has_bin else None
            self.delete_record(item)
            db.session.flush()
            self.post_delete(item)
            kept = entry.id if entry is not None else None
        return kept

    # -- pages -----------------------------------------------------------------------------------------------

    @expose("/list/")
    @permission("view")
    def list(self) -> Any:
        opened = open_list(self, request.args)
        listing = Listing(self, opened.args, fields=opened.fields, keeps_mistakes=True)
        page = pages.list_page(self, listing, opened)
        return self.render("houtai/list.html", page=page), 400 if listing.mistakes else 200

    @expose("/export/<form>", methods=["POST"])
    @permission("export")
    def export(self, form: str) -> Any:
        """The list as a file. What the list was asked for stands in `query`, as in its address."""
        query = request.form.get("query", "")
        try:
            opened = open_list(self, MultiDict(parse_qsl(query, keep_blank_values=True)))
            file = export_list(self, opened.args, form, opened.fields, whole=request.form.get("columns") == "all")
            if file is not None:
                return file
            flash(gettext("The file is being made. You find it under the icon at the top."), "info")
        except BusinessError as error:
            db.session.rollback()
            flash(str(error), "danger")
        return redirect(f"{url_for(f'{self.endpoint}.list')}?{query}")

    @expose("/show/<pk>")
    @permission("view")
    def show(self, pk: str) -> Any:
        return self.render("houtai/show.html", page=record_pages.show_page(self, self.get(pk)))

    @expose("/add", methods=["GET", "POST"])
    @permission("add")
    def add(self) -> Any:
        return self._form(None)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @permission("edit")
    def edit(self, pk: str) -> Any:
        if request.method != "POST":
            return self._form(*forms.opened(self, pk))
        try:
            record = row_of(self, pk, to_change=versions.NAME in request.form)[0]
        except NotFound:
            page = saving.gone(self, pk)
            if page is None:
                raise
            return page
        return self._form(record)

    @cached_property
    def form_class(self) -> Any:
        """The WTForms class of the form, made once: its fields never change."""
        return forms.make_form(self, self.form_fields)

    def _form(self, record: Any | None, titles: Mapping[str, str | None] | None = None) -> Any:
        """Show a form, or take one; `titles` are those of its references, by path, where they are known."""
        if not self.has_form:
            abort(404)
        if request.method == "POST":
            return saving.take_form(self, record)
        return saving.open_form(self, record, titles or {}, self._prefilled() if record is None else None)

    def after_save(self, item: Any, is_new: bool) -> Response:
        """Where to go after a form was saved: the page from which it was opened, else the record."""
        return redirect(pages.safe_return(request.form.get("return_to")) or self.url_of(item))

    def _prefilled(self) -> dict[str, Any]:
        """Values for a new form given in the address, such as the member of a new note, as far as they can be read."""
        return read_all(self.form_fields, request.args).values

    @expose("/delete/<pk>", methods=["POST"])
    @permission("delete")
    def delete(self, pk: str) -> Any:
        item = self.get(pk)
        title = str(item)
        try:
            kept = self.remove(item)
        except BusinessError as error:
            flash(str(error), "danger")
            return redirect(pages.safe_return(request.form.get("return_to")) or url_for(f"{self.endpoint}.list"))
        undo.say_deleted(title, kept)
        back = pages.safe_return(request.form.get("return_to"))
        gone = back and back.split("?")[0].endswith((f"/show/{pk}", f"/edit/{pk}"))
        return redirect(back if back and not gone else url_for(f"{self.endpoint}.list"))

    # -- choosing related records ----------------------------------------------------------------------------

    @expose("/lookup/<column>")
    def lookup(self, column: str) -> Any:
        """Rows that a reference of this screen can point to, found by typing; for those who may use the reference."""
        if not any(self.may(name) for name in ("view", "add", "edit")):
            return refuse("can_view", self.class_permission_name)
        field = next((item for item in [*self.form_fields, *self.filter_fields.values()] if item.path == column), None)
        if field is None or field.target is None:
            raise NotFound()
        return jsonify(lookup.answer(field.target, request.args.get("q", ""), request.args.get("page", "1")))

    # -- addresses -------------------------------------------------------------------------------------------

    def url_of(self, record: Any) -> str:
        """The page of a record, or the list for who may not see pages."""
        if self.may("view"):
            return url_for(f"{self.endpoint}.show", pk=inspect(record).identity[0])
        return url_for("HomeView.index")

    @classmethod
    def register(cls, app: Any, module: Any) -> None:
        super().register(app, module)
        if cls.with_api:
            from app.lowcode.api import api_of

            app.extensions["appbuilder"].add_api(api_of(registry().entries[-1].view))

    @property
    def is_in_search(self) -> bool:
        return bool(getattr(self.model, "search_index", None)) if self.in_search is None else self.in_search

    def related_screens(self) -> list["Screen"]:
        """The screens of `related_views`, as registered in this application."""
        views = {type(entry.view): entry.view for entry in current_app.extensions["houtai"].entries}
        return [views[cls] for cls in self.related_views if cls in views]


def _groups(fieldsets: Any, columns: Any, field_of: Callable[[str], Field]) -> list[tuple[Any, Any, list[Field]]]:
    """Fieldsets `[(title, {"fields": [...], "help": …})]`, or one group of plain columns, as groups of fields."""
    if fieldsets:
        return [
            (title, options.get("help", ""), [field_of(name) for name in options["fields"]])
            for title, options in fieldsets
        ]
    return [("", "", [field_of(name) for name in columns or []])]
