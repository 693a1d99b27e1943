// What the service does beyond what CAP does by itself.
const cds = require('@sap/cds')

const AUTHORS = [
  { ID: 1, name: 'Emily Brontë', born: '1818-07-30' },
  { ID: 2, name: "Flann O'Brien", born: '1911-10-05' },
  { ID: 3, name: 'Nobody', born: null },
]
const BOOKS = [
  { ID: 1, title: 'Wuthering Heights', genre: 'fiction', price: 11.11, stock: 12, weight: 0.5, author_ID: 1 },
  { ID: 2, title: "The Poor Mouth & Co. 'An Béal Bocht'", genre: 'fiction', price: 9.5, stock: 0, author_ID: 2 },
  { ID: 3, title: 'At Swim-Two-Birds', genre: 'fiction', price: 14, stock: 333, weight: 1.25, author_ID: 2 },
  { ID: 4, title: '100% of 50/50 = ?#+', genre: 'science', price: null, stock: 5 },
]

module.exports = class Shop extends cds.ApplicationService {
  async init() {
    const { Books } = this.entities

    this.on('discount', async request => {
      const [key] = request.params
      const { percent } = request.data
      if (percent < 0 || percent > 100) request.reject(400, `${percent} percent is no discount`)
      const book = await SELECT.one.from(Books, key)
      if (!book) request.reject(404, `there is no book ${key.ID ?? key}`)
      const price = Math.round(book.price * (100 - percent)) / 100
      await UPDATE(Books, key).with({ price })
      return SELECT.one.from(Books, key)
    })

    this.on('left', async request => {
      const [key] = request.params
      const { stock } = await SELECT.one.from(Books, key)
      return stock - request.data.sold
    })

    this.on('sell', async request => {
      const { book: ID, copies } = request.data
      const book = await SELECT.one.from(Books, ID)
      if (!book) request.reject(404, `there is no book ${ID}`)
      if (book.stock < copies) request.reject(409, `there are only ${book.stock} copies of '${book.title}'`)
      await UPDATE(Books, ID).with({ stock: book.stock - copies })
      return { number: `R-${ID}`, copies, total: Math.round(book.price * copies * 100) / 100 }
    })

    this.on('cheapest', request =>
      SELECT.from(Books).where('price is not null').orderBy('price').limit(request.data.count))

    this.on('echo', ({ data }) =>
      [data.text, data.day, data.amount, data.id, data.big].map(value => value ?? 'null').join('|'))

    this.on('ping', () => {})

    return super.init()
  }

  /** What tests find, and leave as it is: they change only what they have made. */
  async fill() {
    const { Authors, Books, Numbers } = this.entities
    await INSERT.into(Authors).entries(AUTHORS)
    await INSERT.into(Books).entries(BOOKS)
    await INSERT.into(Numbers).entries(
      Array.from({ length: 23 }, (_, index) => ({ ID: index + 1, name: `number ${index + 1}` })))
  }
}
