"""XML of the store API: read, it is what JSON would have been; written and read again, it is the same."""

import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factoryos.dialects.base.fields import ListField, StrictField
from factoryos.dialects.base.requests import RequestSerializer
from factoryos.dialects.store import requests, sign_in_requests, xml_out
from factoryos.dialects.store.errors import Fault
from factoryos.dialects.store.requests import NewArticle, NewOrder, StoreRequest, TracedRun
from factoryos.dialects.store.xml_in import MalformedXml, parse
from factoryos.kernel.problems import Kind

ROOT = "productionOrderArticleTraceabilityDto"
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def run(inside: str, *, attributes: str = "") -> Any:
    return parse(f"<{ROOT} {attributes}>{inside}</{ROOT}>".encode(), takes=TracedRun)


def reason(document: str | bytes, takes: type[RequestSerializer] | None = TracedRun) -> str:
    with pytest.raises(MalformedXml) as refusal:
        parse(document.encode() if isinstance(document, str) else document, takes=takes)
    assert refusal.value.kind is Kind.INVALID
    return str(refusal.value.data["reason"])


# --- in: the outermost element


@pytest.mark.parametrize(
    "root",
    ["productionOrderArticleDto", "ProductionOrderArticleDto", "productionOrderArticle", "ProductionOrderArticle"],
)
def test_the_root_is_the_class_with_or_without_dto(root: str) -> None:
    assert parse(f"<{root}><articleId>A</articleId></{root}>".encode(), takes=NewArticle) == {"articleId": "A"}


@pytest.mark.parametrize(
    "root", ["order", "productionOrderDto", "productionorderarticle", "productionOrderArticleDTO", "Dto"]
)
def test_another_root_is_refused(root: str) -> None:
    assert reason(f"<{root}/>", NewArticle) == f"its root is {root}, not productionOrderArticleDto"


@pytest.mark.parametrize("root", ["productionOrderDto", "ErrorDto", "productionOrderRef", "LoginDto", "customerOrder"])
def test_where_no_class_is_taken_any_may_stand(root: str) -> None:
    document = f"<{root}><a>1</a><b><c/></b><b/></{root}>"
    assert parse(document.encode(), takes=None) == {"a": "1", "b": [{"c": ""}, ""]}
    assert "its root is" in reason("<order/>", None)


# --- in: values


def test_values_are_text_to_the_last_blank() -> None:
    assert run("<articleId> CAP-28/BLUE\n</articleId><batch/><serial></serial><amount>5e2</amount>") == {
        "articleId": " CAP-28/BLUE\n",
        "batch": "",
        "serial": "",
        "amount": "5e2",
    }
    assert run("<batch>&lt;b&gt; &amp;&#x41;&#13;<![CDATA[<i>&amp;]]></batch>") == {"batch": "<b> &A\r<i>&amp;"}


def test_an_empty_document_says_nothing() -> None:
    assert run("") == run("\n  ") == run("<!-- nothing -->") == {}


@pytest.mark.parametrize("nil", ['xsi:nil="true"', "xsi:nil='1'", 'xsi:nil=" true "'])
def test_nil_is_null(nil: str) -> None:
    for attributes in (XSI, ""):  # who forgets to declare it means it all the same
        assert run(f"<batch {nil}/><serial {nil}></serial><amount {nil}> </amount>", attributes=attributes) == {
            "batch": None,
            "serial": None,
            "amount": None,
        }


def test_nil_goes_by_its_namespace_not_by_its_prefix() -> None:
    assert run('<batch i:nil="true"/>', attributes=XSI.replace("xsi", "i")) == {"batch": None}
    assert run('<batch i:nil="true" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"/>') == {"batch": None}
    for other in ('nil="true"', 'i:nil="true" xmlns:i="urn:x"', 'xsi:nil="false"', 'xsi:nil="0"', 'xsi:nil=""'):
        assert run(f"<batch {other}/>") == {"batch": ""}


def test_nil_with_something_in_it_is_refused() -> None:
    assert "nil, but not empty" in reason(f"<{ROOT}><batch xsi:nil='true'>B</batch></{ROOT}>")
    assert "nil, but not empty" in reason(
        f"<{ROOT}><partTraceability xsi:nil='1'><amount/></partTraceability></{ROOT}>"
    )
    assert "holds no elements" in reason(f"<{ROOT} xsi:nil='true'/>")


def test_namespaces_and_attributes_are_passed_over() -> None:
    document = f'<s:{ROOT} xmlns:s="urn:s" version="2"><s:batch unit="pcs" s:x="1">B</s:batch></s:{ROOT}>'
    assert parse(document.encode(), takes=TracedRun) == {"batch": "B"}
    assert run("<batch>B</batch>", attributes='xmlns="urn:default"') == {"batch": "B"}


def test_comments_and_instructions_are_passed_over_and_cut_no_text_off() -> None:
    assert run("<!-- a --><?b c?><amount>5<!-- x -->0<?y?>0</amount>") == {"amount": "500"}
    assert parse(f"<!-- a --><?b?><{ROOT}/><!-- c -->".encode(), takes=TracedRun) == {}


def test_a_field_once_and_only_once() -> None:
    assert reason(f"<{ROOT}><batch>A</batch><batch>B</batch></{ROOT}>") == "batch is given twice"
    assert reason(f"<{ROOT}><batch/><batch/></{ROOT}>") == "batch is given twice"
    assert reason(f"<{ROOT}><batch xsi:nil='1'/><x:batch/></{ROOT}>") == "batch is given twice"
    twice = "<partTraceability><articleId>A</articleId><articleId>B</articleId></partTraceability>"
    assert reason(f"<{ROOT}>{twice}</{ROOT}>") == "articleId is given twice"


def test_text_beside_elements_is_refused() -> None:
    for inside in ("x<batch/>", "<batch/>x", "<partTraceability>x<amount/></partTraceability>", "<batch>a<b/></batch>"):
        assert "text beside elements" in reason(f"<{ROOT}>{inside}</{ROOT}>")
    assert reason(f"<{ROOT}>abc</{ROOT}>") == f"{ROOT} holds no elements"


# --- in: lists


def test_a_list_is_its_element_repeated_and_one_is_a_list_of_one() -> None:
    part = "<partTraceability><articleId>{}</articleId></partTraceability>"
    assert run(part.format("A")) == {"partTraceability": [{"articleId": "A"}]}
    # Others may stand between them.
    assert run(part.format("A") + "<batch/>" + part.format("B")) == {
        "partTraceability": [{"articleId": "A"}, {"articleId": "B"}],
        "batch": "",
    }


def test_lists_within_lists() -> None:
    inside = (
        "<partTraceability>"
        "<batches><batchId>LN-77</batchId><amount>100</amount></batches><batches><batchId>LN-78</batchId></batches>"
        "<serial/><serial>S1</serial><serial><serialNr>S2</serialNr></serial><serial><serial>S3</serial></serial>"
        "</partTraceability><partTraceability/>"
    )
    parts = [
        {
            "batches": [{"batchId": "LN-77", "amount": "100"}, {"batchId": "LN-78"}],
            "serial": ["", "S1", {"serialNr": "S2"}, {"serial": "S3"}],
        },
        {},
    ]
    assert run(inside) == {"partTraceability": parts}


def test_the_published_example_reads_the_same_in_both_tongues() -> None:
    published = {
        "amount": Decimal("8142.373445120068"),
        "partTraceability": [
            {
                "batches": [{"amount": Decimal("8495.939784311757"), "batchId": "batchId"}],
                "amount": Decimal("6506.19751490119"),
                "serial": [{}],
                "articleId": "articleId",
            }
        ],
        "limitPartAmounts": "false",
        "serial": "serial",
        "bestBefore": 4422,
        "articleId": "articleId",
        "batch": "batch",
        "barcode": "barcode",
    }
    document = xml_out.render(published, root=ROOT)
    assert read(TracedRun, parse(document, takes=TracedRun)) == read(TracedRun, published)


def test_a_nil_list_is_null_and_a_nil_among_others_one_of_them() -> None:
    nil = "<partTraceability xsi:nil='true'/>"
    assert run(nil) == {"partTraceability": None}
    assert run(f"{nil}<partTraceability/>") == {"partTraceability": [None, {}]}
    assert run(f"<partTraceability/>{nil}") == {"partTraceability": [{}, None]}


def test_what_is_ignored_may_be_anything() -> None:
    lines = "<articles><articleId>A</articleId><deep><er/></deep></articles><articles/>"
    document = f"<productionOrderDto>{lines}<customerOrderId>7</customerOrderId></productionOrderDto>"
    assert read(NewOrder, parse(document.encode(), takes=NewOrder)) == {"customer_order_id": 7}


def test_an_object_where_a_value_belongs_is_left_to_the_field() -> None:
    assert run("<amount><x>1</x></amount><typo><y/></typo>") == {"amount": {"x": "1"}, "typo": {"y": ""}}
    assert run("<partTraceability>text</partTraceability>") == {"partTraceability": ["text"]}


# --- in: what is no document


UNREADABLE = ["&", "&nbsp;", "&#0;", "&#x1;", "&#xFFFF;", "&#xD800;", "\x00", "\x01", "\uffff", "]]>"]
NO_DOCUMENTS = [
    *("", " ", "{}", "<", "<1/>", "<!DOCTYPE a", f"<{ROOT}>", f"<{ROOT}></{ROOT}x>", f"<{ROOT}/><a/>", f"<{ROOT}/>x"),
    *(f" <?xml version='1.0'?><{ROOT}/>", f"<{ROOT} a='1' a='2'/>", f"<{ROOT} a=1/>", f"<{ROOT} a='<'/>"),
    *(f"<{ROOT}>{bad}</{ROOT}>" for bad in UNREADABLE),
]


@pytest.mark.parametrize("document", NO_DOCUMENTS)
def test_what_is_no_document_is_refused(document: str) -> None:
    assert len(reason(document)) < 300


def test_only_utf_8_is_read() -> None:
    document = f"<{ROOT}><batch>Å</batch></{ROOT}>"
    for declaration in ("", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="utf-8"?>', "\ufeff"):
        assert parse((declaration + document).encode(), takes=TracedRun) == {"batch": "Å"}
    for encoding in ("ISO-8859-1", "windows-1252", "UTF-16", "UTF-7", "us-ascii", "x"):
        declared = f"<?xml version='1.0' encoding='{encoding}'?>{document}"
        assert "UTF-8" in reason(declared.encode())
    assert reason(document.encode("latin-1")) == "it is not UTF-8"
    for encoding in ("utf-16", "utf-16-le", "utf-32"):
        reason(document.encode(encoding))
        reason(document.replace("Å", "").encode(encoding))


# --- out


def written(value: dict[str, Any]) -> str:
    head, document = xml_out.render(value, root="x").decode().split("\n", 1)
    assert head == '<?xml version="1.0" encoding="UTF-8"?>' and document.endswith("\n")
    ElementTree.fromstring(document)
    return document.strip("\n").removeprefix("<x>").removesuffix("</x>")


def test_values_are_written_as_json_has_them() -> None:
    value = {
        "whole": 7, "word": Fault.READING, "sum": Decimal("500.000"), "small": Decimal("1E-15"), "large": Decimal("5E+2"),
        "minus": Decimal("-0.4"), "nought": Decimal("-0.0"), "yes": True, "no": False, "kind": Kind.BUSY,
        "id": UUID(int=1), "at": datetime(1970, 1, 1, 0, 0, 4, 422900, tzinfo=UTC), "empty": "",
    }  # fmt: skip
    assert written(value) == (
        "<whole>7</whole><word>903001</word><sum>500</sum><small>0.000000000000001</small><large>500</large>"
        "<minus>-0.4</minus><nought>0</nought><yes>true</yes><no>false</no><kind>busy</kind>"
        "<id>00000000-0000-0000-0000-000000000001</id><at>4422</at><empty></empty>"
    )


def test_null_and_empty_lists_are_left_out_and_lists_have_no_wrapper() -> None:
    assert written({"a": None, "b": [], "c": [1, 2], "d": [{"e": [None, 3]}, {}], "f": {"g": None}}) == (
        "<c>1</c><c>2</c><d><e>3</e></d><d></d><f></f>"
    )


def test_text_is_escaped_and_what_xml_cannot_hold_is_replaced() -> None:
    assert written({"a": '<b a="1">&amp;]]> \r\n\t'}) == '<a>&lt;b a="1"&gt;&amp;amp;]]&gt; &#13;\n\t</a>'
    odd = "\x00\x01\x08\x0b\x0c\x0e\x1f\ud800\udfff\ufffe\uffff"
    assert written({"a": f"x{odd}y"}) == f"<a>x{chr(0xFFFD) * len(odd)}y</a>"
    fine = "\x7f\x85\u2028\ufeff\ue000\ufffd\U00010000\U0001f600\U0010ffff"
    assert written({"a": fine}) == f"<a>{fine}</a>"


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_of_any_face_makes_a_document(text: str) -> None:
    written({"a": text})


# --- there and back


def read(serializer: type[RequestSerializer], data: Any) -> Any:
    return serializer().read(data)


class AnyNumber(StrictField):
    def read(self, value: Any) -> Decimal:
        return Decimal(value)


def shown(dto: str, /, *, inside: dict[str, Any] | None = None, **fields: Any) -> Any:
    """A class that the API only shows, as if it could be read: fields by their kind, lists by what they hold."""
    kinds = {
        str: requests.text,
        int: requests.IdField,
        bool: requests.yes_no,
        Decimal: AnyNumber,
        datetime: requests.instant,
    }
    made = {field: kinds[kind]() for field, kind in fields.items()}
    made |= {field: ListField(child=child(), most=50, required=False) for field, child in (inside or {}).items()}
    for one in made.values():
        one.required, one.allow_null = False, True
    return type(dto, (StoreRequest,), {"dto": dto, **made})


N, T = Decimal, str
PART = shown("ProductionOrderSingleArticleReservedDto", articleId=T, singleArticleId=T, singleArticleName=T, unit=T,
             totalReserved=N, totalAmount=N, partAmount=N, purchasePrice=N, hasStockValue=bool)  # fmt: skip
GROUP = shown("ProductionOrderSingleArticleGroupDto", articleId=T, inside={"singleArticles": PART})
LINE = shown("ProductionOrderArticleDto", productionOrderId=int, articleId=T, articleName=T, time=N, amount=N, finished=N,
             waste=N, status=int, accuracy=N)  # fmt: skip
ORDER = shown("ProductionOrderDto", orderId=int, prReference=T, customerOrderId=int, customerOrderExternalId=T, name=T,
              internalReference=T, comment=T, startDate=datetime, endDate=datetime, finishDate=datetime, workHours=N,
              state=int, reserveInDepth=bool, storeState=int, totalAmount=N, finishedAmount=N,
              inside={"articles": LINE, "singleArticles": GROUP})  # fmt: skip
BATCH = shown("ProductionOrderProductBatchDto", batchId=T, serialNr=T, orderedAmount=N, deliveredAmount=N,
              bestBefore=datetime, articleId=T)  # fmt: skip
BATCHES = shown("B", articleId=T, countBatch=int, countSerial=int, inside={"batches": BATCH})
PURCHASE = shown(
    "FlatBundledArticlePurchaseOrderDto", orderId=int, poRef=T, ordered=N, state=int, deliveryDate=datetime
)
FLAT = shown("FlatBundledArticleDto", articleId=T, articleName=T, reserved=N, amount=N, partAmount=N, purchasePrice=N,
             purchasePriceMisc=N, purchasePriceShipment=N, supplierId=int, supplierName=T, supplierArticleId=T, unit=T,
             stockplace=T, inside={"purchaseOrders": PURCHASE})  # fmt: skip
SHOWN = [
    ORDER, LINE, GROUP, PART, BATCH, FLAT, PURCHASE,
    shown("ProductionOrdersResponseDto", page=int, pages=int, pageSize=int, ordersCount=int, inside={"orders": ORDER}),
    shown("ProductionOrderArticlesResponseDto", inside={"articles": LINE, "parts": GROUP}),
    shown("ProductionOrderBatchResponseDto", articleId=T, countBatch=int, countSerial=int,
          inside={"batches": BATCH, "articles": BATCHES}),
    shown("FlatBundledArticlesResponseDto", inside={"articles": FLAT}),
    shown("ProductionOrderRefDto", prReference=T),
    shown("ErrorDto", errorCode=int, errorMessage=T, errorField=T),
    shown("LoginDto", user_id=int, user_token=T, expires=datetime,
          inside={"stores": shown("S", storeId=T, isMaster=bool, name=T, currency=T, language=T)}),
]  # fmt: skip


def taken() -> list[type[RequestSerializer]]:
    """Every class that a body of this API may be."""
    kinds = [
        kind for module in (requests, sign_in_requests) for kind in vars(module).values() if isinstance(kind, type)
    ]
    return [kind for kind in kinds if issubclass(kind, RequestSerializer) and "dto" in dir(kind)]


_CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
_TEXT = st.text(_CHARACTERS, max_size=12)
_LONG = st.text(st.one_of(st.sampled_from("\r\n\t &<>\"']"), _CHARACTERS), max_size=12)
_AMOUNT = st.decimals(min_value=0, max_value=Decimal(10) ** 12 - 1, places=15)


def of_field(field: Any) -> st.SearchStrategy[Any]:
    """Values as JSON has them."""
    match field:
        case RequestSerializer():
            return of_class(type(field))
        case ListField():
            return st.lists(of_field(field.child), min_size=field.least, max_size=3)
        case requests.SerialField():
            named = _TEXT.filter(str.strip)
            objects = st.dictionaries(st.sampled_from(["serialNr", "serial"]), named, max_size=1)
            return st.one_of(named, objects)
        case requests.NumberField():
            return _AMOUNT.filter(bool) if field.positive else _AMOUNT
        case AnyNumber():
            return st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9)
        case requests.WholeField():
            return st.integers(max(field.least, -(2**63)), field.largest)
        case requests.YesNoField():
            return st.booleans()
        case requests.MillisecondsField():
            return st.integers(-2208988800000, 253402300799999)
    text = _LONG if field.multiline else _TEXT
    return text.filter(str.strip) if field.filled else text


@st.composite
def of_class(draw: st.DrawFn, serializer: type[RequestSerializer]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, field in serializer().fields.items():
        kinds = [of_field(field)]
        if field.allow_null:
            kinds.append(st.none())
        if field.required or draw(st.booleans()):
            value[name] = draw(st.one_of(kinds))
    return value


def filled(value: Any) -> Any:
    """Without what XML leaves out: null, and lists that are empty."""
    if isinstance(value, dict):
        inner = {name: filled(one) for name, one in value.items()}
        return {name: one for name, one in inner.items() if one is not None and one != []}
    return [filled(one) for one in value] if isinstance(value, list) else value


def test_every_class_that_is_taken_says_its_name() -> None:
    known: ClassVar = {kind.__name__ for kind in taken()}  # type: ignore[misc]
    assert {"NewOrder", "ChangedOrder", "NewArticle", "ChangedArticle", "TracedRun", "NewCustomerOrder"} <= known
    assert {kind.__name__ for kind in taken() if not hasattr(kind, "dto")} <= {"StoreRequest"}


CLASSES = [*SHOWN, *(kind for kind in taken() if hasattr(kind, "dto"))]


@pytest.mark.parametrize("serializer", CLASSES, ids=lambda kind: kind.__name__)
def test_what_is_written_reads_back_the_same_as_json(serializer: Any) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(of_class(serializer))
    def there_and_back(value: dict[str, Any]) -> None:
        root = serializer.dto[0].lower() + serializer.dto[1:]
        try:
            as_json = read(serializer, value)
        except Exception:  # fields that contradict each other: they do so in both tongues
            with pytest.raises(Exception, match=r".*"):
                read(serializer, parse(xml_out.render(value, root=root), takes=serializer))
            return
        as_xml = read(serializer, parse(xml_out.render(value, root=root), takes=serializer))
        assert filled(as_xml) == filled(as_json)

    there_and_back()
