using { live } from './schema';

/** The same service is offered as V4 and, through SAP's adapter, as V2. */
@path: 'shop'
service Shop {
  entity Authors    as projection on live.Authors;

  entity Books      as projection on live.Books
    actions {
      /** Takes some percent off the price. */
      action discount(percent : Integer not null) returns Books;
      /** How many copies are left after so many are sold. */
      function left(sold : Integer not null) returns Integer;
    };

  entity Orders     as projection on live.Orders;
  entity OrderItems as projection on live.OrderItems;
  entity Samples    as projection on live.Samples;
  entity Prices     as projection on live.Prices;

  /** Twenty-three numbers, paged by the server. */
  @cds.query.limit: { default: 5, max: 5 }
  @readonly
  entity Numbers { key ID : Integer; name : String(20); }

  type Receipt {
    number : String(20);
    copies : Integer;
    total  : Decimal(15, 2);
  }

  /** Sells copies of a book. */
  action sell(book : Integer not null, copies : Integer not null) returns Receipt;
  /** The cheapest books, as many as wanted. */
  function cheapest(count : Integer not null) returns many Books;
  /** Says back what it was given. */
  function echo(text : String, day : Date, amount : Decimal(15, 3), id : UUID, big : Int64) returns String;
  /** Does nothing, and answers so. */
  action ping();
}
