import type { Message } from '@chat/contract'
import { plainName } from '../text/plain.ts'
import { Icon } from '../ui/icon.tsx'
import { RichText } from '../ui/rich-text.tsx'

type Card = NonNullable<Message['data']['content']['rawData']>

/** A platform's card. What its buttons do is the platform's own: this page shows them and does nothing. */
export const CardBody = ({ card }: { card: Card }) => (
  <div class="card">
    {card.link && (
      <p class="card-link">
        <Icon name="link" size={15} /> {plainName(card.link.name)}
      </p>
    )}
    {card.text !== undefined && (
      <p class="bubble-text" dir="auto">
        <RichText text={card.text} />
      </p>
    )}
    {card.acceptedStatus !== undefined && (
      <p class="card-status">
        <Icon name={card.acceptedStatus ? 'check' : 'clock'} size={16} />
      </p>
    )}
    {card.buttons?.map((button) => (
      <span key={button.title} class="card-button">
        {plainName(button.title)}
      </span>
    ))}
  </div>
)
