from app.core.i18n import lazy as _
from app.lowcode import Module
from .views import SupplierScreen
module = Module("suppliers", _("Suppliers"), icon="fa-truck", screens=[SupplierScreen])
