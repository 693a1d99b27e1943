"""What the harbour does: odatapy's processor over lists in memory, and our operations."""

import uuid
from decimal import Decimal

from odatapy.data import ComplexValue, Property, ValueType
from odatapy.edm.names import FullQualifiedName
from odatapy.errors import ODataApplicationException
from odatapy.server import OData
from odatapy.server.deserializer.json_deserializer import ODataJsonDeserializer
from odatapy.server.inmemory import InMemoryDataStore, InMemoryProcessor
from odatapy.server.processor import ActionProcessor, CustomETagSupport
from odatapy.server.serializer.json_serializer import (
    ComplexSerializerOptions,
    EntitySerializerOptions,
)

from model import Model, own

#: Every set is paged by the server, at this size.
PAGE_SIZE = 10


class Reader(ODataJsonDeserializer):
    """Keeps enumerations as the names of their members: odatapy's lists compare those, but its
    deserializer makes numbers of them."""

    @staticmethod
    def _enum(enum_type, raw, name):
        return enum_type.format_value(ODataJsonDeserializer._enum(enum_type, raw, name))


class Readers(OData):
    """Makes our readers. All bodies are JSON."""

    def create_deserializer(self, content_type=None, *, strict=None):
        return Reader(strict=self.strict_deserialization if strict is None else strict)


class Tags(CustomETagSupport):
    """Vessels have an ETag, which a change must name."""

    def has_etag(self, entity_set_or_singleton):
        return entity_set_or_singleton.name == "Vessels"


class Harbour(InMemoryProcessor, ActionProcessor):
    """The sets, and the actions; functions are registered with the base."""

    def __init__(self):
        super().__init__(InMemoryDataStore(), page_size=PAGE_SIZE, short_control_names=True)
        self.store.declare_key_auto_generating("Photos")
        self.register_function("Largest", self.largest)
        self.register_function("Fee", self.fee)
        self.register_function("Echo", self.echo)
        self.register_function(own("Age"), self.age)
        self.register_function(own("Painted"), self.painted)

    def process_action(self, request, response, uri_info, request_ct, response_ct):
        action = uri_info.last_resource.action
        deserializer = self.odata.create_deserializer(request_ct)
        given = deserializer.action_parameters(
            self.service_metadata.edm, action, request.body or b"{}")
        given = {name: parameter.value for name, parameter in given.items()}
        getattr(self, action.name.lower())(request, response, uri_info, response_ct, given)

    def paint(self, request, response, uri_info, response_ct, given):
        with self.store.lock:
            target = self._walk(request, uri_info.resource_parts[:-1], for_write=True)
            vessel = self._require_entity(target)
            self._check_preconditions(request, target.entity_set, vessel)
            vessel.set_property("Hull", given["colour"], ValueType.ENUM, own("Colour"))
            self._bump_etag(target.entity_set, vessel)
            serializer = self._serializer(response_ct, request)
            options = EntitySerializerOptions(
                context_url=self._context(request, "Vessels/$entity"),
                service_version=self._version(request),
            )
            body = serializer.entity(
                self.service_metadata.edm, target.entity_set.entity_type, vessel, options)
            self._write(request, response, body, response_ct)

    def pay(self, request, response, uri_info, response_ct, given):
        if given["amount"] <= 0:
            raise ODataApplicationException(
                f"{given['amount']} is no amount to pay.", 422, code="NoAmount")
        receipt = ComplexValue(type_name=own("Receipt"), properties=[
            Property("Number", uuid.UUID(int=len(given["lines"])), ValueType.PRIMITIVE, "Edm.Guid"),
            Property("Total", given["amount"], ValueType.PRIMITIVE, "Edm.Decimal"),
            Property("Lines", given["lines"], ValueType.COLLECTION_PRIMITIVE, "Edm.String"),
            Property("At", given.get("at"), ValueType.COMPLEX, own("Place")),
        ])
        serializer = self._serializer(response_ct, request)
        options = ComplexSerializerOptions(
            context_url=self._context(request, own("Receipt")), type_fqn=own("Receipt"))
        body = serializer.complex(self.service_metadata.edm, receipt, options)
        self._write(request, response, body, response_ct)

    def sound(self, request, response, uri_info, response_ct, given):
        response.set_status(204)

    def largest(self, target, part):
        vessels = [vessel for vessel in self.store.entities("Vessels")
                   if vessel.get_value("Tonnage") is not None]
        vessels.sort(key=lambda vessel: vessel.get_value("Tonnage"), reverse=True)
        return vessels[: part.typed_parameters["count"]]

    def fee(self, target, part):
        fee = Decimal(part.typed_parameters["tonnes"]) * Decimal("0.25")
        permits = part.typed_parameters.get("permits")
        return fee if permits is None else fee * 2

    def echo(self, target, part):
        names = ["text", "day", "moment", "id", "span"]
        return [str(part.typed_parameters[name]) for name in names]

    def age(self, target, part):
        built = target.entity.get_value("Built")
        return None if built is None else part.typed_parameters["on"].year - built.year

    def painted(self, target, part):
        # A member of an enumeration arrives as it was written.
        _, colour, _ = part.typed_parameters["colour"].split("'")
        return [vessel for vessel in target.entities if vessel.get_value("Hull") == colour]


def handler():
    """The service, with a singleton that is there and marks to page through."""
    odata = Readers()
    metadata = odata.create_service_metadata(Model())
    harbour = Harbour()
    made = odata.create_handler(metadata)
    made.register(harbour)
    made.register(Tags())

    def seed(set_name, type_name, body):
        type = metadata.edm.get_entity_type(FullQualifiedName.parse(own(type_name)))
        entity = odata.create_deserializer().entity(metadata.edm, type, body)
        harbour.store.insert_entity(set_name, entity)

    seed("Office", "Office", '{"Id":1,"Opens":"07:30:00","At":{"Town":"Hull","Country":"GB"}}')
    for number in range(1, 36):
        seed("Marks", "Mark", f'{{"Id":{number},"Label":"mark {number:02}"}}')
    return made
