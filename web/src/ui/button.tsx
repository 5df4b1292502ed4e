import type { ButtonHTMLAttributes, ComponentChildren } from 'preact'
import { Icon, type IconName } from './icon.tsx'

type Rest = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'icon' | 'label'>

/** A button with an icon; screen readers get the label. */
export const IconButton = ({
  icon,
  label,
  ...rest
}: Rest & { icon: IconName; label: string; class?: string; onClick?: (event: MouseEvent) => void }) => (
  <button type="button" {...rest} class={`icon-button ${rest.class ?? ''}`} aria-label={label} title={label}>
    <Icon name={icon} />
  </button>
)

export const Button = ({
  look = 'plain',
  children,
  ...rest
}: Rest & {
  look?: 'plain' | 'main' | 'danger' | 'quiet'
  children: ComponentChildren
  onClick?: (event: MouseEvent) => void
}) => (
  <button type="button" {...rest} class={`button button-${look}`}>
    {children}
  </button>
)
