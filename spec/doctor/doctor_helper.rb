# frozen_string_literal: true

# What the examples about the doctor share.
module DoctorHelper
  # @return [Array<Array(Symbol, String)>] the levels and texts of one check's findings
  def found(name, config = LlmRouter.config)
    check = LlmRouter::Doctor.const_get(name).new(config, LlmRouter::Doctor::Lookups.new)
    check.findings.map { |finding| [finding.level, [finding.message, finding.advice].compact.join(". ")] }
  end

  def levels(...) = found(...).map(&:first)
  def texts(...) = found(...).map(&:last)

  def production
    allow(LlmRouter::Environment).to receive(:name).and_return("production")
  end
end

RSpec.configure { |config| config.include DoctorHelper, file_path: %r{spec/doctor/} }
