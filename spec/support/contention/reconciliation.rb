# frozen_string_literal: true

# Compares what a gateway billed with the budget rows that were charged for it. All in US dollars.
class Reconciliation
  # @param gateway [BillingGateway]
  # @param rows [Array<LlmRouter::Budget>] all of one model
  def initialize(gateway, *rows)
    @ledger = gateway.ledger
    @model = rows.first.class
    @ids = rows.map(&:id)
  end

  # Waits until the leases have expired, and makes one more reservation on each row, which ends expired leases.
  # @return [self]
  def end_leases
    last = reservations.maximum(:expires_at)
    sleep([last - Time.now, 0].max + 0.05) if last
    @model.find(@ids).each { |row| row.release!(row.reserve!(0, key: "the last")) }
    self
  end

  # @return [BigDecimal]
  def billed
    sum(@ledger.values.map(&:cost_usd))
  end

  # @return [Integer] how many answers were billed
  def answers
    @ledger.size
  end

  # By how much answers cost more than their most.
  # @return [BigDecimal]
  def overrun
    sum(@ledger.values.map(&:overrun_usd))
  end

  # @return [Array<BigDecimal>] of each row
  def spent
    @ids.map { |id| @model.find(id)[:spent_usd] }
  end

  # @return [Array<BigDecimal>] the sum of the charges of each row
  def charged
    @ids.map { |id| sum(charges.select { |charge| charge.budget_id == id }.map(&:cost_usd)) }
  end

  # @return [Array<BigDecimal>] of each row
  def reserved
    @ids.map { |id| @model.find(id)[:reserved_usd] }
  end

  # @return [ActiveRecord::Relation]
  def reservations
    @model::Reservation.where(budget_id: @ids)
  end

  # @return [Array] charges of attempts whose cost never became known
  def estimates
    charges.select { |charge| charge.kind == "estimate" && corrections[charge.attempt_id].zero? }
  end

  # @return [BigDecimal] US dollars
  def estimated
    sum(estimates.map(&:cost_usd))
  end

  # @return [Integer] how many costs became known after an estimate had been charged
  def corrected
    corrections.values.sum
  end

  # What was billed and is named by no charge: only an estimate can cover that.
  # @return [BigDecimal]
  def unnamed
    sum(@ledger.except(*charges.map(&:generation_id)).values.map(&:cost_usd))
  end

  # @return [Array<String>] the generations whose charges differ from their bills
  def differing
    attempts = charges.group_by { |charge| [charge.budget_id, charge.attempt_id] }.values
    attempts.filter_map { |same| generation_of(same) unless charged_as_billed?(same) }
  end

  # @return [Array<String>] what the gem's own audit finds wrong
  def differences
    LlmRouter::Budget::Audit.new(@model).differences
  end

  private

  # An estimate names no generation.
  def charged_as_billed?(charges)
    generation = generation_of(charges)
    generation.nil? || @ledger[generation]&.cost_usd == sum(charges.map(&:cost_usd))
  end

  def generation_of(charges)
    charges.filter_map(&:generation_id).first
  end

  def charges
    @charges ||= @model::Charge.where(budget_id: @ids).to_a
  end

  def corrections
    @corrections ||= Hash.new(0).merge(charges.select { |charge| charge.kind == "correction" }.map(&:attempt_id).tally)
  end

  def sum(amounts)
    amounts.sum(BigDecimal(0))
  end
end
