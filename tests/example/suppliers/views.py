from app.core.i18n import lazy as _
from app.lowcode import Screen
from .models import Supplier

class SupplierScreen(Screen):
    """Where buyers keep the supplier book."""
    model = Supplier
    list_title = _("Suppliers")
    list_columns = ["name", "phone", "status", "updated_at"]
    search_columns = ["name", "phone", "status"]
    form_columns = ["name", "phone", "status", "note"]
