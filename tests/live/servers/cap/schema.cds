/** The bookshop that the tests of `tests/live` read and write. */
namespace live;

using { managed, cuid } from '@sap/cds/common';

/** What a book is about. */
type Genre : String(20) enum {
  fiction;
  science;
  history;
}

entity Authors {
  key ID    : Integer;
      name  : String(100) not null;
      born  : Date;
      books : Association to many Books on books.author = $self;
}

/** A book. Its tag is the time of its last change. */
entity Books {
  key ID       : Integer;
      title    : String(100) not null @mandatory;
      /** Shown on the back. */
      summary  : LargeString;
      genre    : Genre @assert.range;
      price    : Decimal(9, 2);
      stock    : Integer default 0;
      weight   : Double;
      author   : Association to Authors;
      @Core.MediaType: coverType
      cover    : LargeBinary;
      @Core.IsMediaType
      coverType : String(40);
      changed  : Timestamp @cds.on.insert: $now @cds.on.update: $now @odata.etag;
}

/** An order, which owns its items. */
entity Orders : cuid {
  number : String(20) not null;
  placed : DateTime;
  items  : Composition of many OrderItems on items.parent = $self;
}

@assert.unique.position: [parent, position]
entity OrderItems : cuid {
  parent   : Association to Orders;
  position : Integer not null;
  book     : Association to Books;
  quantity : Integer;
  amount   : Decimal(15, 3);
}

/** One property of each primitive type. */
entity Samples {
  key ID            : Int64;
      aBoolean      : Boolean;
      aByte         : UInt8;
      anInt16       : Int16;
      anInt32       : Int32;
      anInt64       : Int64;
      aDecimal      : Decimal(30, 10);
      aFloating     : Decimal;
      aDouble       : Double;
      aDate         : Date;
      aTime         : Time;
      aDateTime     : DateTime;
      aTimestamp    : Timestamp;
      aGuid         : UUID;
      aString       : String(200);
      aBinary       : Binary(64);
}

/** A key of several parts, of several types. */
entity Prices {
  key book     : Integer;
  key currency : String(10);
  key since    : Date;
      amount   : Decimal(15, 5);
}
