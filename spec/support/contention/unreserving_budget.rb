# frozen_string_literal: true

# A row as a budget that reserves nothing: checked before a call, and charged after it.
UnreservingBudget = Struct.new(:row) do
  def exhausted?
    row.exhausted?
  end

  def charge!(cost_usd)
    row.charge!(cost_usd)
  end
end
