import type { ApiAlias } from '../sequence/response.ts';

const FIRST_DAY = Date.UTC(2022, 9, 1);
const DAY_MS = 86_400_000;

/** Invented company names, one script a row: first words and second words, combined by number. */
const WORDS = [
  'Harbor Willow Copper Northwind Lantern Juniper / Freight Analytics Foods Robotics',
  'Ålesund Møllehjul Çınar Žluťoučký Großfeld / Énergie Câbles Øst Müller',
  'Обрій Северный Журавель Янтарь / Логістика Хліб Завод',
  'Κύμα Ελιά Πέλαγος / Ναυτιλία Τρόφιμα',
  'みなと 青空 竹林 三日月 / 物流 製作所 ソフト',
  '한빛 새벽 소나무 / 전자 식품',
  'نخلة الفجر سحاب / للنقل للتقنية',
  'नीलगिरि सूर्या / मसाले यंत्र',
].map((script) => script.split(' / ').map((words) => words.split(' ')));

/**
 * The demo account, sorted by id and always the same: made-up customers with two to five aliases
 * each. About one in sixteen is archived or deleted. `crm-1200` moved from one customer to the
 * next. The customer of `crm-1042` has more aliases, spread over the account.
 */
export function createDemoAliases(): ApiAlias[] {
  const aliases: ApiAlias[] = [];
  const add = (customer: number, value: string, label = '', end?: 'archivedAt' | 'deletedAt') => {
    const createdAt = FIRST_DAY + aliases.length * DAY_MS * 0.25;
    aliases.push({
      id: uuid(createdAt, aliases.length),
      sequenceAccountId: 'ec1479a2-6ba1-421f-a7de-0853a20d17a1',
      customerId: uuid(FIRST_DAY + customer * DAY_MS, customer + 1_000_000),
      value,
      createdAt: new Date(createdAt).toISOString(),
      ...(label && { label }),
      ...(end && { [end]: new Date(createdAt + 30 * DAY_MS).toISOString() }),
    });
  };

  for (let customer = 0; customer < 1_200; customer++) {
    const [first = [], second = []] = WORDS[customer % WORDS.length] ?? [];
    const turn = Math.floor(customer / WORDS.length);
    const kind = second[Math.floor(turn / first.length) % second.length];
    const company = `${first[turn % first.length]} ${kind} ${customer + 1}`;

    const isArchived = customer === 200 || customer % 17 === 0;
    const end = isArchived ? 'archivedAt' : customer % 29 === 0 ? 'deletedAt' : undefined;
    add(customer, `crm-${1_000 + customer}`, 'CRM ID', end);
    add(customer, `ws_${company.toLowerCase().replaceAll(' ', '-')}`, 'Workspace');
    if (customer === 201) add(customer, 'crm-1200', 'CRM ID');
    if (customer % 3 === 0) add(customer, `billing+${customer}@mail.example`, 'Billing contact');
    if (customer % 4 === 0) add(customer, company, 'Company name');
    if (customer % 5 === 0) add(customer, `${900_000 + customer * 7}`);
    if (customer === 410) add(42, 'erp-20042', 'ERP');
    if (customer === 790) add(42, 'desk-7731', 'Support desk');
    if (customer === 1_130) add(42, 'old-shop/42', 'Web shop', 'archivedAt');
  }
  return aliases;
}

/** A UUID of version 7 shape: a time in milliseconds, then bits derived from `number` alone. */
function uuid(time: number, number: number): string {
  const hex = (value: number, digits: number) =>
    value.toString(16).padStart(digits, '0').slice(-digits);
  const mixed = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  const clock = hex(time, 12).replace(/(?=.{4}$)/, '-');
  return `${clock}-7${hex(mixed, 3)}-a${hex(mixed >>> 12, 3)}-${hex(number, 12)}`;
}
