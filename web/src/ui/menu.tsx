import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon, type IconName } from './icon.tsx'

export type MenuItem = { label: string; icon?: IconName; isDanger?: boolean; act: () => void }
type Place = { x: number; y: number }

const STEPS: Record<string, (index: number, count: number) => number> = {
  ArrowDown: (index, count) => (index + 1) % count,
  ArrowUp: (index, count) => (index + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
}

/** Moves the menu so that it fits on the screen. */
function fit({ x, y }: Place, element: HTMLElement): Place {
  const { width, height } = element.getBoundingClientRect()
  return {
    x: Math.max(8, Math.min(x, innerWidth - width - 8)),
    y: Math.max(8, Math.min(y, innerHeight - height - 8)),
  }
}

type Props = { items: MenuItem[]; at: Place; label: string; onClose: () => void }

/** A menu in the top layer. Arrow keys move through it; Escape and a click elsewhere close it. */
function Menu({ items, at, label, onClose }: Props) {
  const menu = useRef<HTMLDivElement>(null)
  const [place, setPlace] = useState(at)
  useLayoutEffect(() => {
    const element = menu.current as HTMLDivElement
    const before = document.activeElement as HTMLElement | null
    element.showPopover()
    setPlace(fit(at, element))
    element.querySelector('button')?.focus()
    return () => before?.focus()
  }, [])
  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...(menu.current?.querySelectorAll('button') ?? [])]
    const index = buttons.indexOf(document.activeElement as HTMLButtonElement)
    const step = STEPS[event.key]
    if (event.key === 'Tab') onClose()
    if (!step) return
    event.preventDefault()
    buttons[step(index, buttons.length)]?.focus()
  }
  const style = { left: `${place.x}px`, top: `${place.y}px` }
  const onToggle = (event: { newState: string }) => event.newState === 'closed' && onClose()
  return (
    <div
      class="menu"
      popover="auto"
      role="menu"
      aria-label={label}
      ref={menu}
      style={style}
      onToggle={onToggle}
      onKeyDown={onKeyDown}
    >
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          class={item.isDanger ? 'is-danger' : ''}
          onClick={() => {
            onClose()
            // After the focus has returned, since the action may move it.
            setTimeout(item.act)
          }}
        >
          {item.icon && <Icon name={item.icon} size={18} />}
          {item.label}
        </button>
      ))}
    </div>
  )
}

/** A menu that opens below a button, or at a point with `openAt`. */
export function useMenu(label: string, items: () => MenuItem[]) {
  const [at, setAt] = useState<Place | null>(null)
  const isOpen = at !== null
  const openBelow = (event: { currentTarget: EventTarget | null }) => {
    const { left, bottom } = (event.currentTarget as HTMLElement).getBoundingClientRect()
    setAt({ x: left, y: bottom + 4 })
  }
  const menu: ComponentChildren = at && (
    <Menu items={items()} at={at} label={label} onClose={() => setAt(null)} />
  )
  return { menu, isOpen, openBelow, openAt: setAt }
}

/** Calls back on a long press, which opens the menu on touch screens. */
export function useLongPress(onPress: (place: Place) => void) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const hasPressed = useRef(false)
  const stop = () => clearTimeout(timer.current)
  useEffect(() => stop, [])
  return {
    onTouchStart: (event: TouchEvent) => {
      const touch = event.touches[0]
      hasPressed.current = false
      if (!touch) return
      timer.current = setTimeout(() => {
        hasPressed.current = true
        onPress({ x: touch.clientX, y: touch.clientY })
      }, 450)
    },
    onTouchEnd: (event: TouchEvent) => {
      stop()
      // The press that opened the menu is not also a tap.
      if (hasPressed.current) event.preventDefault()
    },
    onTouchMove: stop,
  }
}
