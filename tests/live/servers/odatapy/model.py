"""The model of the harbour: one of everything that V4 can say and odatapy can serve."""

from odatapy.edm.csdl import (
    CsdlAbstractEdmProvider,
    CsdlAction,
    CsdlActionImport,
    CsdlComplexType,
    CsdlEntityContainer,
    CsdlEntitySet,
    CsdlEntityType,
    CsdlEnumMember,
    CsdlEnumType,
    CsdlFunction,
    CsdlFunctionImport,
    CsdlNavigationProperty,
    CsdlNavigationPropertyBinding,
    CsdlParameter,
    CsdlProperty,
    CsdlPropertyRef,
    CsdlReturnType,
    CsdlSchema,
    CsdlSingleton,
    CsdlTypeDefinition,
)

#: Where the types are. The container is in a schema of its own.
TYPES = "Live.Harbour"
SERVICE = "Live.Service"


def own(name):
    """The full name of one of the types."""
    return f"{TYPES}.{name}"


def value(name, type, **facets):
    """A property; of the primitive type of that name, or of one of ours."""
    return CsdlProperty(name=name, type=type if "." in type else f"Edm.{type}", **facets)


def key(name, type):
    return value(name, type, nullable=False)


def many(name, type, **facets):
    return value(name, type, collection=True, **facets)


def parameter(name, type, **facets):
    return CsdlParameter(name=name, type=type if "." in type else f"Edm.{type}", **facets)


def returns(type, **facets):
    return CsdlReturnType(type=type if "." in type else f"Edm.{type}", **facets)


ENUM_TYPES = [
    CsdlEnumType(
        name="Colour",
        underlying_type="Edm.Int16",
        members=[CsdlEnumMember(name, number) for name, number in
                 [("White", 0), ("Red", 1), ("Blue", 10)]],
    ),
    CsdlEnumType(
        name="Permits",
        underlying_type="Edm.Int64",
        is_flags=True,
        members=[CsdlEnumMember(name, number) for name, number in
                 [("Enter", 1), ("Load", 2), ("Fuel", 4), ("All", 7)]],
    ),
]

TYPE_DEFINITIONS = [
    CsdlTypeDefinition(name="Tonnes", underlying_type="Edm.Decimal", precision=20, scale=3),
]

COMPLEX_TYPES = [
    CsdlComplexType(name="Place", properties=[
        value("Town", "String", max_length=80),
        value("Country", "String", max_length=2),
        value("Point", "GeographyPoint", srid="4326"),
    ]),
    CsdlComplexType(name="Berth", base_type=own("Place"), properties=[
        value("Number", "Int32"),
    ]),
    CsdlComplexType(name="Receipt", properties=[
        value("Number", "Guid", nullable=False),
        value("Total", "Decimal", precision=12, scale=2),
        many("Lines", "String", nullable=False),
        value("At", own("Place")),
    ]),
]

ENTITY_TYPES = [
    CsdlEntityType(
        name="Vessel",
        key=[CsdlPropertyRef(name="Id")],
        properties=[
            key("Id", "Int64"),
            value("Name", "String", max_length=100, nullable=False),
            value("Hull", own("Colour")),
            value("Permits", own("Permits")),
            value("Tonnage", own("Tonnes")),
            value("Built", "Date"),
            value("Home", own("Place")),
            many("Calls", own("Place"), nullable=False),
            many("Signals", "String", nullable=False),
        ],
        navigation_properties=[
            CsdlNavigationProperty(name="Captain", type=own("Person")),
            CsdlNavigationProperty(name="Crew", type=own("Person"), collection=True),
            CsdlNavigationProperty(
                name="Log", type=own("Entry"), collection=True, contains_target=True),
        ],
    ),
    CsdlEntityType(name="Tanker", base_type=own("Vessel"), properties=[
        value("Volume", "Double"),
        value("Cleaned", "DateTimeOffset", precision=6),
    ]),
    CsdlEntityType(name="Ferry", base_type=own("Vessel"), properties=[
        value("Passengers", "Int32"),
        value("Departs", "TimeOfDay", precision=3),
        value("Crossing", "Duration"),
    ]),
    CsdlEntityType(
        name="Person",
        open_type=True,
        key=[CsdlPropertyRef(name="Login")],
        properties=[key("Login", "String"), value("Born", "Date")],
        navigation_properties=[
            CsdlNavigationProperty(name="Chief", type=own("Person")),
        ],
    ),
    CsdlEntityType(
        name="Entry",
        key=[CsdlPropertyRef(name="Number")],
        properties=[key("Number", "Int32"), value("Text", "String")],
    ),
    CsdlEntityType(
        name="Photo",
        has_stream=True,
        key=[CsdlPropertyRef(name="Id")],
        properties=[key("Id", "Int32"), value("Title", "String")],
    ),
    CsdlEntityType(
        name="Sample",
        key=[CsdlPropertyRef(name="Id")],
        properties=[
            key("Id", "Guid"),
            value("Boolean", "Boolean"),
            value("Byte", "Byte"),
            value("SByte", "SByte"),
            value("Int16", "Int16"),
            value("Int32", "Int32"),
            value("Int64", "Int64"),
            value("Single", "Single"),
            value("Double", "Double"),
            value("Decimal", "Decimal", precision=34, scale=10),
            value("String", "String"),
            value("Binary", "Binary"),
            value("Date", "Date"),
            value("TimeOfDay", "TimeOfDay", precision=7),
            value("DateTimeOffset", "DateTimeOffset", precision=7),
            value("Duration", "Duration", precision=6),
            value("Point", "GeographyPoint", srid="4326"),
            value("Line", "GeographyLineString", srid="4326"),
            value("Area", "GeometryPolygon", srid="0"),
            many("Numbers", "Int64", nullable=False),
        ],
    ),
    CsdlEntityType(
        name="Tariff",
        key=[CsdlPropertyRef(name="Code"), CsdlPropertyRef(name="From"),
             CsdlPropertyRef(name="Hull")],
        properties=[
            key("Code", "String"),
            key("From", "Date"),
            key("Hull", own("Colour")),
            value("Fee", "Decimal", precision=12, scale=4),
        ],
    ),
    CsdlEntityType(
        name="Office",
        key=[CsdlPropertyRef(name="Id")],
        properties=[key("Id", "Int32"), value("Opens", "TimeOfDay"), value("At", own("Place"))],
        navigation_properties=[CsdlNavigationProperty(name="Master", type=own("Person"))],
    ),
    CsdlEntityType(
        name="Mark",
        key=[CsdlPropertyRef(name="Id")],
        properties=[key("Id", "Int32"), value("Label", "String")],
    ),
]

ACTIONS = [
    CsdlAction(
        name="Paint",
        bound=True,
        parameters=[
            parameter("vessel", own("Vessel"), nullable=False),
            parameter("colour", own("Colour"), nullable=False),
        ],
        return_type=returns(own("Vessel"), nullable=False),
    ),
    CsdlAction(
        name="Pay",
        parameters=[
            parameter("amount", "Decimal", precision=12, scale=2, nullable=False),
            parameter("at", own("Place")),
            parameter("lines", "String", collection=True, nullable=False),
        ],
        return_type=returns(own("Receipt"), nullable=False),
    ),
    CsdlAction(name="Sound", parameters=[]),
]

FUNCTIONS = [
    CsdlFunction(
        name="Largest",
        composable=True,
        parameters=[parameter("count", "Int32", nullable=False)],
        return_type=returns(own("Vessel"), collection=True, nullable=False),
    ),
    # Overloads: told apart by their parameters.
    CsdlFunction(
        name="Fee",
        parameters=[parameter("tonnes", "Double", nullable=False)],
        return_type=returns("Decimal", precision=12, scale=2),
    ),
    CsdlFunction(
        name="Fee",
        parameters=[
            parameter("tonnes", "Double", nullable=False),
            parameter("permits", own("Permits"), nullable=False),
        ],
        return_type=returns("Decimal", precision=12, scale=2),
    ),
    CsdlFunction(
        name="Echo",
        parameters=[
            parameter("text", "String", nullable=False),
            parameter("day", "Date", nullable=False),
            parameter("moment", "DateTimeOffset", nullable=False),
            parameter("id", "Guid", nullable=False),
            parameter("span", "Duration", nullable=False),
        ],
        return_type=returns("String", collection=True, nullable=False),
    ),
    CsdlFunction(
        name="Age",
        bound=True,
        parameters=[
            parameter("vessel", own("Vessel"), nullable=False),
            parameter("on", "Date", nullable=False),
        ],
        return_type=returns("Int32"),
    ),
    CsdlFunction(
        name="Painted",
        bound=True,
        composable=True,
        parameters=[
            parameter("vessels", own("Vessel"), collection=True, nullable=False),
            parameter("colour", own("Colour"), nullable=False),
        ],
        return_type=returns(own("Vessel"), collection=True, nullable=False),
    ),
]

CONTAINER = CsdlEntityContainer(
    name="Container",
    entity_sets=[
        CsdlEntitySet(
            name="Vessels",
            type=own("Vessel"),
            navigation_property_bindings=[
                CsdlNavigationPropertyBinding(path="Captain", target="People"),
                CsdlNavigationPropertyBinding(path="Crew", target="People"),
            ],
        ),
        CsdlEntitySet(
            name="People",
            type=own("Person"),
            navigation_property_bindings=[
                CsdlNavigationPropertyBinding(path="Chief", target="People"),
            ],
        ),
        CsdlEntitySet(name="Photos", type=own("Photo")),
        CsdlEntitySet(name="Samples", type=own("Sample")),
        CsdlEntitySet(name="Tariffs", type=own("Tariff")),
        CsdlEntitySet(name="Marks", type=own("Mark")),
    ],
    singletons=[
        CsdlSingleton(
            name="Office",
            type=own("Office"),
            navigation_property_bindings=[
                CsdlNavigationPropertyBinding(path="Master", target="People"),
            ],
        ),
    ],
    action_imports=[
        CsdlActionImport(name="Pay", action=own("Pay")),
        CsdlActionImport(name="Sound", action=own("Sound")),
    ],
    function_imports=[
        CsdlFunctionImport(name="Largest", function=own("Largest"), entity_set="Vessels"),
        CsdlFunctionImport(name="Fee", function=own("Fee")),
        CsdlFunctionImport(name="Echo", function=own("Echo")),
    ],
)


class Model(CsdlAbstractEdmProvider):
    """Two schemas: types, and the container that offers them."""

    def get_schemas(self):
        types = CsdlSchema(
            namespace=TYPES,
            enum_types=ENUM_TYPES,
            type_definitions=TYPE_DEFINITIONS,
            complex_types=COMPLEX_TYPES,
            entity_types=ENTITY_TYPES,
            actions=ACTIONS,
            functions=FUNCTIONS,
        )
        return [types, CsdlSchema(namespace=SERVICE, entity_container=CONTAINER)]
