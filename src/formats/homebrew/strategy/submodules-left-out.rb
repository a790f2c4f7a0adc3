# Clones a repository without its submodules, whose addresses need an account: `install` fetches those that it builds.
class RbeeSourceDownloadStrategy < GitDownloadStrategy
  private

  def submodules?
    false
  end
end
