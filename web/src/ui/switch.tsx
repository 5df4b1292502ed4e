type SwitchProps = {
  label: string
  isOn: boolean
  isDisabled?: boolean
  /** The id of an element that explains it. */
  describedBy?: string
  onChange: (isOn: boolean) => void
}

export const Switch = ({ label, isOn, isDisabled = false, describedBy, onChange }: SwitchProps) => (
  <label class="switch">
    <span>{label}</span>
    <input
      type="checkbox"
      role="switch"
      checked={isOn}
      aria-checked={isOn}
      aria-describedby={describedBy}
      disabled={isDisabled}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
    <i aria-hidden="true" />
  </label>
)
